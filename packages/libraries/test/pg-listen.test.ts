import { expect, test } from 'vitest'
import { startLibrary } from './support/library.js'

const library = await startLibrary<typeof import('../src/pg-listen/tasks.js')>('pg-listen')

test('pg-listen hears in threads that share connections, each for the time that it listens', async () => {
  const heard = await library().atOnce('hear')
  expect(heard).toEqual([1, 2, 3, 4, 5, 6].map((task) => ({ task })))
  await library().untilAllGivenBack()
})
