import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'
import { afterEach, expect, inject, test } from 'vitest'
import { run } from './support/run.js'

const FOLDER = new URL('../typescript/', import.meta.url)
const stripsTypes = 'typescript' in process.features && Boolean(process.features.typescript)

let close = async () => {}
afterEach(() => close())

/** In the threads of an executor of this process. */
function start<M>(file: string, execArgv: string[]): SharedPoolExecutor<M> {
  const connectionString = inject('serverConnectionString')
  const broker = new ConnectionBroker({ databases: { default: { connectionString, max: 1 } } })
  const executor = new SharedPoolExecutor<M>(broker, {
    filename: new URL(file, FOLDER).href,
    maxThreads: 1,
    execArgv,
  })
  close = async () => {
    await executor.close({ timeoutMillis: 0 })
    await broker.close({ timeoutMillis: 0 })
  }
  return executor
}

test('tsx loads task files that are TypeScript, for threads that are told so', async () => {
  const executor = start<typeof import('../typescript/enum-tasks.js')>('enum-tasks.ts', [
    '--import',
    import.meta.resolve('tsx'),
  ])
  expect(await executor.run(3, { name: 'cube' })).toBe(27)
})

test('tsx loads task files that are TypeScript, for a program that it runs', async () => {
  expect(await run(['--import', 'tsx', 'main.ts'], FOLDER)).toBe('49')
})

test.runIf(stripsTypes)('Node.js strips the types of task files', async () => {
  const executor = start<typeof import('../typescript/tasks.js')>('tasks.ts', [])
  expect(await executor.run({ number: 7 }, { name: 'square' })).toBe(49)
})

test.runIf(stripsTypes)('Node.js strips the types of a program and its task files', async () => {
  expect(await run(['main.ts'], FOLDER)).toBe('49')
})
