import { expect, test } from 'vitest'
import { untilRunning } from '../../broker/test/support/until-running.js'
import { startLibrary, WORK } from './support/library.js'

const library = await startLibrary<typeof import('../src/postgres-js/tasks.js')>('postgres-js')

test('postgres.js writes, reads, streams, commits and rolls back in threads that share connections', async () => {
  await library().executor.run(undefined, { name: 'migrate' })
  const seen = await library().atOnce('work')
  for (const each of seen) expect(each).toEqual({ ...WORK, failure: 'PostgresError 23505', streamed: 3 })
  await library().untilAllGivenBack()
})

test('postgres.js cancels a query', async () => {
  const mayCancel = new Int32Array(new SharedArrayBuffer(4))
  const run = library().executor.run(mayCancel, { name: 'cancel' })
  await untilRunning(library().database)
  Atomics.store(mayCancel, 0, 1)
  expect(await run).toBe('PostgresError 57014')
  await library().untilAllGivenBack()
})

test('postgres.js listens', async () => {
  expect(await library().executor.run(7, { name: 'hear' })).toBe('payload 7')
  await library().untilAllGivenBack()
})
