import { expect, test } from 'vitest'
import { startLibrary } from './support/library.js'

const library = await startLibrary<typeof import('../src/pg-boss/tasks.js')>('pg-boss')

test('pg-boss sends jobs, and each is taken once, in threads that share connections', async () => {
  const { executor } = library()
  await executor.run(undefined, { name: 'migrate' })
  await executor.run(undefined, { name: 'createQueue' })
  const sent = await library().atOnce('send')
  expect(new Set(sent).size).toBe(6)
  // What was sent in a transaction that failed is not there.
  const taken = await library().atOnce<number>('take', 7)
  expect(taken.sort()).toEqual([1, 2, 3, 4, 5, 6, undefined])
  await library().untilAllGivenBack()
})

test('pg-boss fails as on a connection of its own', async () => {
  expect(await library().executor.run(undefined, { name: 'fail' })).toMatch(/DatabaseError/)
})
