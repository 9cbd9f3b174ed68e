import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { Lending, taskFile } from '../support/lending.js'
import { whatIsThrown } from '../tasks/thread-ends.js'

type Tasks = typeof import('../tasks/thread-ends.js')

const database = await createTestDatabase()
const lending = new Lending(database)

describe.each(whatIsThrown)('a thread in which nobody catches %s', (what) => {
  test('ends, and its task is told of it, of which nobody knows how far it came', async () => {
    const executor = lending.executor<Tasks>(lending.broker(), 'thread-ends.js')
    await expect(executor.run(what, { name: 'throwsUncaught' })).rejects.toMatchObject({
      code: 'PGLEASE_THREAD_ENDED',
      retryable: false,
      message: expect.stringContaining('The thread of task "throwsUncaught" ended before the task did'),
    })
    expect(await executor.run('next', { name: 'answers' })).toBe('next')
  })

  test('when it starts ends nothing else, though nobody listens: the process warns of it', async () => {
    const executor = lending.executor<Tasks>(lending.broker(), 'thread-ends.js', {
      execArgv: ['--import', taskFile('throws-at-start.js')],
      workerData: what,
      minThreads: 0,
    })
    const warned = once(process, 'warning')
    await expect(executor.run('never', { name: 'answers' })).rejects.toMatchObject({
      code: 'PGLEASE_THREAD_ENDED',
      retryable: true,
      message: expect.stringContaining('No thread could begin task "answers": '),
    })
    expect((await warned)[0]).toMatchObject({ name: 'PgleaseWarning', code: 'PGLEASE_THREAD_ERROR' })
  })
})
