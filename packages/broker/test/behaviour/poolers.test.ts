import { readFileSync } from 'node:fs'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConnectionBroker, type DatabaseOptions } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { isInstalled, MODES, PgBouncer, whereInstalled } from '../support/pgbouncer.js'
import { PROBES, type Through } from '../support/pooler-probes.js'

const database = await createTestDatabase()

/** What a pooler that gives each transaction another connection asks for. */
const POOLED: DatabaseOptions = { prepare: false, resetQuery: '' }

/** The page's table: what each row is about, and whether it holds in each mode. */
function told(): Map<string, string[]> {
  const text = readFileSync(new URL('../../../../docs/poolers.md', import.meta.url), 'utf8')
  const table = text.slice(text.indexOf('<!-- measured -->')).split('\n\n')[1]!
  const rows = table.split('\n').slice(2)
  return new Map(
    rows.map((row) => {
      const [what, ...holds] = row.split(' | ').map((cell) => cell.replace(/^\|? *| *\|?$/g, ''))
      return [what!, holds]
    }),
  )
}

test('the page tells of what is measured, and of nothing else', () => {
  expect([...told().keys()]).toEqual(Object.keys(PROBES))
})

describe.skipIf(!isInstalled)(`PgBouncer${whereInstalled}`, () => {
  describe.each(MODES)('in %s mode', (mode) => {
    let bouncer: PgBouncer
    let direct: pg.Client

    // One for each test: in other modes than `session` a test leaves its settings to the next.
    beforeEach(async () => {
      bouncer = await PgBouncer.start(database.connectionString, { mode, poolSize: 3 })
      direct = new pg.Client({ connectionString: database.connectionString })
      await direct.connect()
    })
    const brokers: ConnectionBroker[] = []
    afterEach(async () => {
      await Promise.all(brokers.splice(0).map((broker) => broker.close({ timeoutMillis: 0 })))
      await direct.end()
      await bouncer.stop()
    })

    test.each(Object.entries(PROBES))('%s', async (what, probe) => {
      const through: Through = {
        direct,
        broker(options: DatabaseOptions = {}, which?: 'with defaults') {
          const pooled = mode !== 'session' && which === undefined ? POOLED : {}
          const { connectionString } = bouncer
          const broker = new ConnectionBroker({
            databases: { default: { connectionString, ...pooled, ...options } },
          })
          brokers.push(broker)
          return broker
        },
      }
      const isHeld = await probe(through).catch((error) => String(error))
      const cell = told().get(what)?.[MODES.indexOf(mode)]
      expect(isHeld === true ? 'yes' : 'no', String(isHeld)).toBe(cell)
    })
  })
})
