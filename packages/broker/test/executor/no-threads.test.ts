import { afterAll, expect, test } from 'vitest'
import { ConnectionBroker, SharedPoolExecutor } from '../../src/index.js'
import { taskFile } from '../support/lending.js'

// Not of a `Lending`: Piscina leaves open what it has made for a thread that Node refuses.
const broker = new ConnectionBroker({ databases: { default: {} } })
afterAll(() => broker.close())

test.each([
  ['execArgv', { execArgv: ['--title=no'] }, 'ERR_WORKER_INVALID_EXEC_ARGV'],
  ['workerData', { workerData: () => 'cannot be cloned' }, 25],
])(
  'of options that Node makes no thread of each task is told, first and later, as of %s',
  async (_, options, code) => {
    const all = { filename: taskFile('thread.js'), concurrentTasksPerWorker: 2, ...options }
    const executor = new SharedPoolExecutor(broker, all)
    const failed = {
      code: 'PGLEASE_THREAD_ENDED',
      retryable: false,
      cause: expect.objectContaining({ code }),
    }
    const tasks = [1, 2, 3].map(() => executor.run(undefined, { name: 'here' }))
    for (const task of tasks) await expect(task).rejects.toMatchObject(failed)
    await expect(executor.run(undefined, { name: 'here' })).rejects.toMatchObject(failed)
    expect([executor.queueSize, executor.runningSize]).toEqual([0, 0])
    await executor.close()
  },
)
