import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'

const database = await createTestDatabase()

test('a process that waits for a pause does not end before', async () => {
  const { connectionString } = database
  const program = fileURLToPath(new URL('../programs/pauses.js', import.meta.url))
  const child = fork(program, [JSON.stringify({ connectionString })], { execArgv: [], stdio: 'ignore' })
  // What listens to the parent would keep it as well.
  child.disconnect()
  expect(await once(child, 'exit')).toEqual([3, null])
})
