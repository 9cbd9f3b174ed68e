/** Answers how long a fresh process takes from nothing, its imports done, to the first result of a query. */
import { answerWith } from '../harness/program.js'
import type { Address } from '../server/address.js'
import { amountOf, POINT_QUERY } from '../server/data.js'
import { check } from '../threads/repeat.js'

export type Start = 'pglease' | 'own pool' | 'ConnectionBroker' | 'pg.Pool'

export interface FirstResultInput {
  readonly way: Start
  readonly address: Address
}

/** Gives the amount of item 1, and what ends all that was started. */
type FirstAmount = (address: Address) => Promise<{ amount: number; end(): Promise<void> }>

/** Each is imported alone: a package that another one needs must not be there already. */
const WAYS: Readonly<Record<Start, () => Promise<FirstAmount>>> = {
  pglease: async () => firstTask((await import('../contenders/pglease.js')).pglease),
  'own pool': async () => firstTask((await import('../contenders/own-pool.js')).ownPool),
  async ConnectionBroker() {
    const { ConnectionBroker } = await import('@pglease/broker')
    return async (address) => {
      const broker = new ConnectionBroker({ databases: { default: { ...address } } })
      const { rows } = await broker.withConnection((client) => client.query(POINT_QUERY, [1]))
      return { amount: rows[0].amount, end: () => broker.close() }
    }
  },
  async 'pg.Pool'() {
    const { default: pg } = await import('pg')
    return async (address) => {
      const pool = new pg.Pool(address as never)
      const { rows } = await pool.query(POINT_QUERY, [1])
      return { amount: rows[0].amount, end: () => pool.end() }
    }
  },
}

function firstTask({ start }: Pick<import('../contenders/contender.js').Contender, 'start'>): FirstAmount {
  return async (address) => {
    const running = await start({ address, threads: 1, connections: 1 })
    return { amount: await running.run('task', { ids: [1], turns: 0 }), end: () => running.stop() }
  }
}

answerWith<FirstResultInput>(async ({ way, address }) => {
  const firstAmount = await WAYS[way]()
  const start = performance.now()
  const { amount, end } = await firstAmount(address)
  const millis = performance.now() - start
  check(amount === amountOf(1), 'another amount for item 1')
  await end()
  return { millis }
})
