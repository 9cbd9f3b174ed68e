import type { ConnectionBroker } from '@pglease/broker'
import { quoted } from '../queue.js'

/** A pod that the server has had no connection of in two looks so far apart is dead. */
export const MILLIS_BETWEEN_LOOKS = 5000

/**
 * Who locks jobs under which name. Across machines nobody sees a process die, but the server does: each has a connection that
 * listens all the time. The tables are made by whoever adds the jobs.
 */
export class Roll {
  #missing = new Set<string>()

  constructor(
    private readonly broker: ConnectionBroker,
    private readonly schema: string,
    private readonly self: () => { readonly pool: string; readonly name: string } | undefined,
  ) {}

  /** Gives the jobs of those who are dead to others. Any pod may do it, and several at once. */
  async look(): Promise<void> {
    const { rows } = await this.broker.withConnection(async (client) => {
      const self = this.self()
      // A new run has a new table.
      if (self !== undefined)
        await client.query('insert into pglease_demo.members values ($1, $2) on conflict do nothing', [
          self.pool,
          self.name,
        ])
      return client.query<{ pool: string }>(`select pool from pglease_demo.members as member where not exists
        (select from pg_stat_activity where application_name = member.name)`)
    })
    const missing = new Set(rows.map(({ pool }) => pool))
    const dead = [...missing].filter((pool) => this.#missing.has(pool))
    this.#missing = missing
    if (dead.length === 0) return
    await this.broker.withTransaction(async (client) => {
      await client.query(`select from ${quoted(this.schema)}.force_unlock_workers($1)`, [dead])
      await client.query('delete from pglease_demo.members where pool = any($1)', [dead])
    })
  }
}
