import type { WithConnectionOptions } from '@pglease/client'
import type { ConnectionBroker } from '../../src/index.js'
import { gate, until } from './until.js'

/** A lease of the main thread that is held until the test gives it back. */
export interface Held {
  /** Of the server's process. */
  readonly processId: number
  release(): Promise<void>
}

export async function hold(broker: ConnectionBroker, options: WithConnectionOptions = {}): Promise<Held> {
  const done = gate()
  let over = Promise.resolve()
  const processId = await new Promise<number>((resolve, reject) => {
    over = broker.withConnection(async (client) => {
      resolve((await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid)
      await done
    }, options)
    over.catch(reject)
  })
  return {
    processId,
    release() {
      done.open()
      return over
    },
  }
}

/** Leaves the pool with so many idle connections. */
export async function warm(broker: ConnectionBroker, connections: number): Promise<void> {
  const held = await Promise.all(Array.from({ length: connections }, () => hold(broker)))
  await Promise.all(held.map((each) => each.release()))
  await until(() => broker.stats().default!.idle === connections, 'for the connections to be idle')
}

/** Waits for so many leases to wait. */
export function untilWaiting(broker: ConnectionBroker, leases: number): Promise<unknown> {
  return until(() => broker.stats().default!.waiting === leases, `for ${leases} leases to wait`)
}

/** The server's process of a lease's connection. */
export const processId = (broker: ConnectionBroker, options: WithConnectionOptions = {}): Promise<number> =>
  broker.withConnection(
    async (client) => (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid,
    options,
  )
