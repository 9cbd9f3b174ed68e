import { expect, test } from 'vitest'
import { startLibrary, WORK } from './support/library.js'

const library = await startLibrary<typeof import('../src/objection/tasks.js')>('objection')

test('Objection writes, reads, commits and rolls back in threads that share connections', async () => {
  await library().executor.run(undefined, { name: 'migrate' })
  const seen = await library().atOnce('work')
  for (const each of seen) expect(each).toEqual({ ...WORK, failure: 'UniqueViolationError 23505' })
  await library().untilAllGivenBack()
})
