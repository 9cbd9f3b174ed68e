import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { FakeServer } from '../support/fake-server.js'
import { hold, processId } from '../support/hold.js'
import { Lending } from '../support/lending.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

test('who waits in vain because the server takes fewer connections than max is told what the server says', async () => {
  const role = `limited_${database.name}`
  await database.admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' CONNECTION LIMIT 1`)
  const address = new URL(database.connectionString)
  Object.assign(address, { username: role, password: 'secret' })
  const broker = lending.broker({ max: 3, connectionString: address.href })
  const held = await hold(broker)
  const patient = processId(broker)
  await until(() => broker.stats().default!.connectFailures > 0, 'for the server to refuse')
  await expect(processId(broker, { connectionTimeoutMillis: 10 })).rejects.toMatchObject({
    code: 'PGLEASE_LEASE_TIMEOUT',
    message: expect.stringMatching(
      /: 1 of at most 3 is leased, by the main thread for \d+ ms.*, and no further one can be opened: too many connections for role/,
    ),
    holders: [expect.stringMatching('the main thread')],
    cause: expect.objectContaining({ code: '53300' }),
  })
  await held.release()
  expect(await patient).toBe(held.processId)
  await broker.close()
  await database.admin.query(`DROP ROLE ${role}`)
})

test('who talks to something else than Postgres is told that it may be so', async () => {
  const server = await FakeServer.start({ greeting: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') })
  lending.closeAfterTest(() => server.close())
  const broker = lending.broker({ connectionString: server.connectionString, ssl: false })
  await expect(processId(broker)).rejects.toMatchObject({
    code: 'PGLEASE_CONNECT',
    message: expect.stringMatching(/^Cannot connect to "default": .* may be no Postgres server/),
    cause: expect.objectContaining({ code: 'PGLEASE_PROTOCOL' }),
  })
})
