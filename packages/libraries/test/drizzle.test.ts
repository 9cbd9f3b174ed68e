import { expect, test } from 'vitest'
import { startLibrary, WORK } from './support/library.js'

const library = await startLibrary<typeof import('../src/drizzle/tasks.js')>('drizzle')

test.each([
  { on: "a task's client", name: 'work', first: 1 },
  { on: 'a pool of leases', name: 'workOnPool', first: 11 },
] as const)('Drizzle on $on migrates, writes, reads, commits and rolls back', async ({ name, first }) => {
  await library().executor.run(undefined, { name: 'migrate' })
  const seen = await library().atOnce(name, 6, first)
  // Drizzle wraps the server's error, which is the cause.
  for (const each of seen) expect(each).toEqual({ ...WORK, failure: 'DrizzleQueryError 23505' })
  await library().untilAllGivenBack()
})
