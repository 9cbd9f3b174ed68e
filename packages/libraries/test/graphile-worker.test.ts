import { expect, test } from 'vitest'
import { startLibrary } from './support/library.js'

const library = await startLibrary<typeof import('../src/graphile-worker/tasks.js')>('graphile-worker')

test('graphile-worker adds jobs and runs each once in threads that share connections', async () => {
  const { executor } = library()
  await executor.run(undefined, { name: 'migrate' })
  await library().atOnce('add')
  await library().atOnce('run', 3)
  expect(await executor.run(undefined, { name: 'report' })).toEqual({
    done: [1, 2, 3, 4, 5, 6],
    errors: Array(6).fill('as it should'),
  })
  await library().untilAllGivenBack()
})
