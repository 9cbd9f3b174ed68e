import { setTimeout as sleep } from 'node:timers/promises'
import { counted } from '@pglease/client/internal'
import { until } from '../common/until.js'
import { LOAD_ROLE } from '../load/schema.js'
import type { NetworkProxy } from '../proxy/network-proxy.js'
import { Admin } from './admin.js'
import type { Subject } from './subject.js'

const LOOK_MILLIS = 200

/** What is seen at one look may be a connection whose end is on its way; what is still there then is not. */
const PATIENCE_MILLIS = 1500

/** How long a server may take to notice that its clients are gone. */
const GONE_MILLIS = 10_000

/** Looks at the server while the load runs: there are never more connections than there may be. */
export class ServerWatch {
  readonly #admin: Admin
  readonly #proxy: NetworkProxy
  readonly #subject: Subject
  #isOver = false
  readonly #looking: Promise<void>
  readonly complaints: string[] = []
  #most = 0

  constructor(connectionString: string, proxy: NetworkProxy, subject: Subject) {
    this.#admin = new Admin(connectionString)
    this.#proxy = proxy
    this.#subject = subject
    this.#looking = this.#look()
  }

  /** The most connections that were seen at a time. */
  get most(): number {
    return this.#most
  }

  async close(): Promise<void> {
    this.#isOver = true
    await this.#looking
    await this.#admin.close()
  }

  async #look(): Promise<void> {
    let tooManySince: number | undefined
    while (!this.#isOver) {
      const known = await this.#connectionsThatTheClientKnows()
      const { limit } = this.#subject
      const isTooMany = known !== undefined && known.length > limit
      if (known !== undefined) this.#most = Math.max(this.#most, known.length)
      if (!isTooMany) tooManySince = undefined
      else tooManySince ??= performance.now()
      if (tooManySince !== undefined && performance.now() - tooManySince > PATIENCE_MILLIS) {
        this.complaints.push(`The server has ${counted(known!.length, 'connection')} of at most ${limit}`)
        tooManySince = undefined
      }
      await sleep(LOOK_MILLIS)
    }
  }

  /** Of those that the server has, the ones whose client has not closed them. */
  async #connectionsThatTheClientKnows(): Promise<unknown[] | undefined> {
    const rows = await this.#admin.tryQuery<{ port: number }>(
      `SELECT client_port AS port FROM pg_stat_activity WHERE usename = '${LOAD_ROLE}'`,
    )
    const open = new Set(
      this.#proxy.links.filter(({ isClientOpen }) => isClientOpen).map(({ serverPort }) => serverPort),
    )
    return rows?.filter(({ port }) => open.has(port))
  }
}

/** Nothing of the load is left at the server, but for connections where they are kept. Returns what is. */
export async function leftAtServer(admin: Admin, keeps: boolean): Promise<string[]> {
  const count = async (what: string, query: string): Promise<string[]> => {
    const [row] = await admin.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${query}`)
    return row!.count === 0 ? [] : [`The server is left with ${row!.count} ${what}`]
  }
  const sessions = `pg_stat_activity WHERE usename = '${LOAD_ROLE}'`
  const connections = async () => (keeps ? [] : count('connections', sessions))
  await until(
    async () => (await connections()).length === 0,
    () => 'for the server to have no connection of the load',
    GONE_MILLIS,
  ).catch(() => {})
  return [
    ...(await connections()),
    ...(await count('open transactions', `${sessions} AND xact_start IS NOT NULL`)),
    ...(await count(
      'locks',
      "pg_locks WHERE locktype IN ('advisory', 'relation') AND pid <> pg_backend_pid() AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )),
    ...(await count('prepared transactions', 'pg_prepared_xacts')),
  ]
}
