import type { DatabaseHealth, Health } from '../common/health.js'
import type { Databases } from './databases.js'

const CLOSING: DatabaseHealth = {
  ok: false,
  millis: 0,
  reason: 'closing',
  code: 'PGLEASE_BROKER_CLOSED',
  message: 'The broker is about to close.',
}

/** The checks of a broker's databases, one of each at a time for everybody who asks meanwhile. */
export class HealthChecks {
  readonly #databases: Databases
  /** By database and limit. */
  readonly #underWay = new Map<string, Promise<DatabaseHealth>>()
  #isClosing = false

  constructor(databases: Databases) {
    this.#databases = databases
  }

  announceClose(): void {
    this.#isClosing = true
  }

  /** @param asked names that there are. */
  async look(asked: readonly string[], timeoutMillis: number): Promise<Health> {
    const found = await Promise.all(
      asked.map(async (name) => [name, await this.#check(name, timeoutMillis)] as const),
    )
    const databases = Object.fromEntries(found)
    const [database, failed] = found.find(([, { ok }]) => !ok) ?? []
    if (failed === undefined) return { ok: true, databases }
    const { reason, code, message } = failed
    return { ok: false, database, reason, code, message, databases } as Health
  }

  async #check(name: string, timeoutMillis: number): Promise<DatabaseHealth> {
    if (this.#isClosing) return CLOSING
    const key = JSON.stringify([name, timeoutMillis])
    let check = this.#underWay.get(key)
    if (check === undefined) {
      check = this.#databases.get(name).healthcheck(timeoutMillis)
      this.#underWay.set(key, check)
      check.finally(() => this.#underWay.delete(key))
    }
    const health = await check
    return this.#isClosing ? CLOSING : health
  }
}
