import { expect, test } from 'vitest'
import { startLibrary } from './support/library.js'

const library = await startLibrary<typeof import('../src/pg-streams/tasks.js')>('pg-streams')

test('pg-copy-streams, pg-cursor and pg-query-stream work in threads that share connections', async () => {
  const seen = await library().atOnce('work')
  for (const each of seen)
    expect(each).toEqual({
      isCopied: true,
      first: [{ id: 1 }, { id: 2 }],
      streamed: 5000,
      failure: 'DatabaseError 23505',
    })
  await library().untilAllGivenBack()
})

test('a stream that is left in the middle costs its connection nothing', async () => {
  expect(await library().atOnce('leave')).toEqual(Array(6).fill(3))
  await library().untilAllGivenBack()
})
