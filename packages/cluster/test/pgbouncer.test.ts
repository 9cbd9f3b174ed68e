import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionBroker } from '@pglease/broker'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createTestDatabase } from '../../broker/test/support/database.js'
import { gate, until } from '../../broker/test/support/until.js'
import { databaseOf } from '../src/database.js'
import { runCluster } from './support/cluster-command.js'
import { isInstalled, startPgBouncer, whereInstalled } from './support/pgbouncer.js'

const database = await createTestDatabase()

/** Long, for a machine that is busy with other test files. */
vi.setConfig({ testTimeout: 120_000 })

/** A broker as each process of the cluster has one, through a PgBouncer. */
async function brokerThrough(mode: 'session' | 'transaction'): Promise<ConnectionBroker> {
  const { connectionString } = await startPgBouncer(database.connectionString, { mode, poolSize: 4 })
  const access = {
    connectionString,
    name: 'member',
    connections: 4,
    isPooledByTransaction: mode === 'transaction',
  }
  const broker = new ConnectionBroker({ databases: { default: databaseOf(access) } })
  onTestFinished(() => broker.close())
  return broker
}

/** Whether a lease sees its own setting again when another lease has had the connection in between. */
async function keepsSettings(broker: ConnectionBroker): Promise<boolean> {
  return broker.withConnection(async (mine) => {
    await mine.query("set lock_timeout = '4321ms'")
    return broker.withTransaction(async (other) => {
      // It begins on the connection that was used last.
      await other.query('select')
      const { rows } = await mine.query('show lock_timeout')
      return rows[0].lock_timeout === '4321ms'
    })
  })
}

/** Whether a lease hears of a NOTIFY that was sent before another query of it is answered. */
async function hears(broker: ConnectionBroker): Promise<boolean> {
  return broker.withConnection(async (client) => {
    let heard = false
    client.on('notification', () => {
      heard = true
    })
    await client.query('listen news')
    await broker.withConnection((other) => other.query('notify news'))
    // A session's notifications come before the answer to what it asks next.
    await client.query('select')
    return heard
  })
}

describe.skipIf(!isInstalled)(`through PgBouncer, with TLS on both sides${whereInstalled}`, () => {
  test.each(['session', 'transaction'] as const)(
    'an abort cancels the running query in %s mode',
    async (mode) => {
      const broker = await brokerThrough(mode)
      const controller = new AbortController()
      const work = broker.withConnection((client) => client.query('select pg_sleep(60)'), {
        signal: controller.signal,
      })
      const sleeping = async () => {
        const sql = `select from pg_stat_activity where datname = $1 and query like '%pg_sleep%' and state = 'active'`
        return (await database.admin.query(sql, [database.name])).rowCount === 1
      }
      await until(sleeping, 'for the query')
      controller.abort(new Error('enough'))
      await expect(work).rejects.toThrow('enough')
      await until(async () => !(await sleeping()), 'for the query to end')
    },
  )

  test('in session mode notifications come, and settings last as long as a lease', async () => {
    const broker = await brokerThrough('session')
    expect(await hears(broker)).toBe(true)
    expect(await keepsSettings(broker)).toBe(true)
  })

  test('in transaction mode neither is so', async () => {
    const broker = await brokerThrough('transaction')
    expect(await hears(broker)).toBe(false)
    expect(await keepsSettings(broker)).toBe(false)
  })

  test.each([
    ['session', 7, []],
    ['transaction', 2, ['--transaction-pooling']],
  ] as const)(
    'a run in %s mode plans each country once, on %i connections of the server',
    async (mode, poolSize, flags) => {
      const { connectionString } = await startPgBouncer(database.connectionString, { mode, poolSize })
      let peak = 0
      const watching = gate()
      const watch = (async () => {
        let isOver = false
        void watching.then(() => {
          isOver = true
        })
        while (!isOver) {
          peak = Math.max(peak, await database.serverConnections())
          await sleep(10)
        }
      })()
      const { code, stdout, stderr } = await runCluster([
        ...['--database-url', connectionString, ...flags, '--json', '--moves', '5'],
        ...['--processes', '2', '--threads', '2', '--countries', 'FJ,KI,LI,SM,MT,AD'],
      ])
      watching.open()
      await watch
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
      expect(JSON.parse(stdout)).toMatchObject({
        planned: 6,
        plannedTwice: 0,
        killed: 0,
        leakedConnections: 0,
        verified: true,
      })
      expect(peak).toBeLessThanOrEqual(poolSize)
    },
  )
})
