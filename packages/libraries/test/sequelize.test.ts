import { expect, test } from 'vitest'
import { startLibrary, WORK } from './support/library.js'

const library = await startLibrary<typeof import('../src/sequelize/tasks.js')>('sequelize')

test('Sequelize migrates, writes, reads, commits and rolls back in threads that share connections', async () => {
  await library().executor.run(undefined, { name: 'migrate' })
  const seen = await library().atOnce('work')
  for (const each of seen) expect(each).toEqual({ ...WORK, failure: 'UniqueConstraintError 23505' })
  await library().untilAllGivenBack()
})
