import { counted } from '@pglease/client/internal'
import type { ReachWarning, WarningListener } from '../common/warnings.js'
import type { Database } from '../connection/database-options.js'
import { mayPass } from './connect-failure.js'
import { describe } from './pool-errors.js'

/** After so long without an attempt nothing is known of the time between: longer than any pause of the back-off. */
const LAPSE_MILLIS = 10_000

/** Of one outage no more causes are told, in case each failure has a message of its own. */
const MOST_CAUSES = 10

/** No connection can be opened, since the first of these attempts. */
interface Away {
  readonly since: number
  lastFailedAt: number
  failures: number
  readonly told: Set<string>
}

/** Notices for how long no connection to a database could be opened, and tells it: each cause once, and the end. */
export class Outage {
  readonly #database: Database
  readonly #warn: WarningListener
  #away: Away | undefined

  constructor(database: Database, warn: WarningListener) {
    this.#database = database
    this.#warn = warn
  }

  /** @param began when the attempt did. */
  failed(cause: Error, began: number): void {
    const now = performance.now()
    const { unreachableMillis } = this.#database
    if (this.#away === undefined || began - this.#away.lastFailedAt > LAPSE_MILLIS)
      this.#away = { since: began, lastFailedAt: now, failures: 0, told: this.#away?.told ?? new Set() }
    const away = this.#away
    away.failures++
    away.lastFailedAt = now
    if (unreachableMillis === 0 || now - away.since < unreachableMillis) return
    const key = String(Object(cause).code ?? cause.message)
    if (away.told.has(key) || away.told.size === MOST_CAUSES) return
    away.told.add(key)
    this.#tell('PGLEASE_UNREACHABLE', away, cause)
  }

  succeeded(): void {
    const away = this.#away
    this.#away = undefined
    if (away !== undefined && away.told.size > 0) this.#tell('PGLEASE_REACHABLE', away, undefined)
  }

  #tell(code: ReachWarning['code'], { since, failures }: Away, cause: Error | undefined): void {
    const { name } = this.#database
    const awayMillis = Math.round(performance.now() - since)
    const time = `${(awayMillis / 1000).toFixed(1)} s`
    const attempts = counted(failures, 'attempt')
    const message =
      cause === undefined
        ? `A connection to "${name}" could be opened again, after ${time} and ${attempts} in vain.`
        : `No connection to "${name}" could be opened for ${time}: ${attempts} failed, the last with "${describe(cause)}". ` +
          advice(cause)
    this.#warn({ code, message, database: name, failures, awayMillis, cause })
  }
}

function advice(cause: Error): string {
  return mayPass(cause)
    ? 'See whether the server runs, has connections left, and can be reached from here. It is tried again for as long as ' +
        'somebody waits for it or fewer than `min` are open; nothing need be restarted here.'
    : 'Waiting will not mend that: see to the user, the password, the name of the database, TLS, or `onConnect`.'
}
