import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { MessageChannel } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { expect, test } from 'vitest'
import { SharedPoolExecutor } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { Lending, taskFile } from '../support/lending.js'

const database = await createTestDatabase()
const lending = new Lending(database)

test.each([
  ['a function as the whole of CommonJS', 'modules/function.cjs', 'default', 5],
  ['a named function of CommonJS', 'modules/named.cjs', 'add', 5],
  ['another named function of CommonJS', 'modules/named.cjs', 'subtract', -1],
  ['the default of compiled CommonJS', 'modules/compiled.cjs', 'default', 5],
  ['the promise of a function in CommonJS', 'modules/promised.cjs', 'default', 5],
  ['the default of an ES module', 'modules/esm.js', 'default', 5],
  ['a named function of an ES module', 'modules/esm.js', 'subtract', -1],
  ['the promise of a function in an ES module', 'modules/promised.js', 'default', 5],
])('%s runs as it does in Piscina', async (_what, file, name, result) => {
  const executor = lending.executor(lending.broker(), file)
  const piscina = new Piscina({ filename: fileURLToPath(taskFile(file)), maxThreads: 1 })
  lending.closeAfterTest(() => piscina.destroy())
  expect(await piscina.run({ a: 2, b: 3 }, { name })).toBe(result)
  expect(await executor.run({ a: 2, b: 3 }, { name })).toBe(result)
})

test('a module may be given by its path, whatever is in its name', async () => {
  const broker = lending.broker()
  const path = fileURLToPath(taskFile(encodeURIComponent('modules/odd name %41#?.js').replace('%2F', '/')))
  const executor = new SharedPoolExecutor(broker, { filename: path, maxThreads: 1 })
  lending.closeAfterTest(() => executor.close())
  expect(await executor.run({ a: 2, b: 3 })).toBe(5)
})

test('a module may be given by a URL', async () => {
  const filename = new URL(taskFile('modules/esm.js'))
  const executor = new SharedPoolExecutor(lending.broker(), { filename, maxThreads: 1 })
  lending.closeAfterTest(() => executor.close())
  expect(await executor.run({ a: 2, b: 3 }, { name: 'subtract' })).toBe(-1)
})

test('the executor may name the function that is run when none is named', async () => {
  const executor = lending.executor(lending.broker(), 'modules/esm.js', { name: 'subtract' })
  expect(await executor.run({ a: 2, b: 3 })).toBe(-1)
  expect(await executor.run({ a: 2, b: 3 }, { name: 'default' })).toBe(5)
})

test.each(['multiply', 'notAFunction', 'constructor', 'toString'])(
  'a function that the module does not export, %s, is told of',
  async (name) => {
    const executor = lending.executor(lending.broker(), 'modules/esm.js')
    await expect(executor.run(undefined, { name })).rejects.toMatchObject({
      code: 'PGLEASE_UNKNOWN_TASK',
      value: name,
      message: expect.stringContaining(`exports no function "${name}"`),
    })
  },
)

test.each([
  ['esm.js', 'Name one that it does, by the option `name`: default, subtract.'],
  ['named.cjs', 'Name one that it does, by the option `name`: add, subtract.'],
])('and which it does, %s', async (file, told) => {
  const executor = lending.executor(lending.broker(), `modules/${file}`)
  await expect(executor.run(undefined, { name: 'multiply' })).rejects.toThrow(told)
})

test('a module that is not there is told of', async () => {
  const executor = lending.executor(lending.broker(), 'modules/nowhere.js')
  await expect(executor.run(undefined)).rejects.toMatchObject({
    code: 'PGLEASE_UNKNOWN_TASK',
    value: taskFile('modules/nowhere.js'),
    cause: { code: 'ERR_MODULE_NOT_FOUND' },
  })
})

test('a module that throws when it is loaded is told of, with what it threw', async () => {
  const executor = lending.executor(lending.broker(), 'modules/fails-to-load.js')
  await expect(executor.run(undefined)).rejects.toMatchObject({
    code: 'PGLEASE_UNKNOWN_TASK',
    cause: expect.any(TypeError),
    message: expect.stringContaining('Not today'),
  })
})

test('a task may ask Piscina where it is', async () => {
  const executor = lending.executor(lending.broker(), 'modules/knows-piscina.js', {
    workerData: { number: 7 },
  })
  expect(await executor.run(undefined, { name: 'whereAmI' })).toEqual({
    isWorkerThread: true,
    workerData: { number: 7 },
  })
})

test.each<[string, (buffer: ArrayBuffer) => [unknown, object]]>([
  ['in the transfer list', (buffer) => [buffer, { transferList: [buffer] }]],
  ['by Piscina.move', (buffer) => [Piscina.move(buffer), {}]],
  ['beside the progress', (buffer) => [buffer, { transferList: [buffer], onProgress() {} }]],
])('a buffer is moved to the task %s, and moved back', async (_how, pass) => {
  const executor = lending.executor(lending.broker(), 'modules/knows-piscina.js')
  const buffer = new ArrayBuffer(4)
  const [input, options] = pass(buffer)
  const result = await executor.run(input, { name: 'fills', ...options })
  expect(buffer.byteLength).toBe(0)
  expect(result).toEqual(Uint8Array.of(7, 7, 7, 7).buffer)
  expect(await executor.run(undefined, { name: 'keeps' })).toBe(0)
})

test('a port is moved to the task', async () => {
  const executor = lending.executor(lending.broker(), 'modules/knows-piscina.js')
  const { port1, port2 } = new MessageChannel()
  lending.closeAfterTest(async () => port1.close())
  const message = once(port1, 'message')
  await executor.run({ port: port2 }, { name: 'takesPort', transferList: [port2] })
  expect(await message).toEqual(['from the task'])
})
