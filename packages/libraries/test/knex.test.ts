import { expect, test } from 'vitest'
import { startLibrary, WORK } from './support/library.js'

const library = await startLibrary<typeof import('../src/knex/tasks.js')>('knex')

test('Knex migrates, writes, reads, streams, commits and rolls back in threads that share connections', async () => {
  await library().executor.run(undefined, { name: 'migrate' })
  const seen = await library().atOnce('work')
  for (const each of seen) expect(each).toEqual({ ...WORK, streamed: 3 })
  await library().untilAllGivenBack()
})
