import pg from 'pg'
import { expect, test } from 'vitest'
import { Cancels } from '../../src/connection/cancels.js'
import { createTestDatabase } from '../support/database.js'
import { Doorman } from '../support/doorman.js'
import { Lending } from '../support/lending.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

test('however many cancels are asked for, one at a time opens a connection, and one more comes behind', async () => {
  const doorman = await Doorman.start(database.connectionString)
  lending.closeAfterTest(() => doorman.close())
  const { hostname, port } = new URL(doorman.connectionString)
  const client = new pg.Client(database.connectionString)
  await client.connect()
  lending.closeAfterTest(() => client.end())
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number }
  const cancels = new Cancels({
    host: hostname,
    port: Number(port),
    ssl: undefined,
    sslNegotiation: undefined,
    processId: processID,
    secretKey,
  })
  doorman.holdNewcomers()
  const sent = Array.from({ length: 1000 }, () => cancels.send(5000))
  await until(() => doorman.waiting === 1, 'for the first')
  expect(doorman.accepted).toBe(1)
  doorman.letIn()
  await Promise.all(sent)
  expect([doorman.accepted, cancels.over]).toEqual([2, undefined])
  await cancels.send(5000)
  expect(doorman.accepted).toBe(3)
})
