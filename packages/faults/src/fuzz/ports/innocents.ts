import { type ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'
import { until, within } from '../../common/until.js'

/** Long enough for a machine that is busy elsewhere. */
const BOUND_MILLIS = 20_000

/** Those who use the same broker and have done nothing wrong: what others do costs them nothing. */
export class Innocents {
  readonly #broker: ConnectionBroker
  readonly #executor: SharedPoolExecutor<typeof import('./task-thread.js')>
  #calls = 0

  constructor(broker: ConnectionBroker) {
    this.#broker = broker
    const filename = new URL('./task-thread.js', import.meta.url).href
    this.#executor = new SharedPoolExecutor(broker, { filename, maxThreads: 1 })
    this.#executor.on('error', () => {})
  }

  /** @throws Error when one of them gets no answer, or a wrong one, or when a lease is not over. */
  async check(): Promise<void> {
    const value = this.#calls++
    // Some things that were posted do their harm when they are collected.
    ;(globalThis as { gc?: () => void }).gc?.()
    const here = this.#broker.withConnection(
      async (client) => (await client.query('SELECT $1::int + 1 AS next', [value])).rows[0].next,
    )
    const task = this.#executor.run(value, { name: 'innocent' })
    const answers = await within(
      BOUND_MILLIS,
      'for the innocent to get their answers',
      Promise.all([here, task]),
    )
    if (answers.some((answer) => answer !== value + 1))
      throw new Error(`The innocent got ${answers}, not ${value + 1}`)
    await until(
      () => this.#isQuiet,
      () => `for all leases to be over: ${JSON.stringify(this.#figures)}`,
      BOUND_MILLIS,
    )
  }

  async close(): Promise<void> {
    await this.#executor.close()
  }

  get #figures() {
    return this.#broker.stats().default!
  }

  get #isQuiet(): boolean {
    const { leased, settling, connecting, waiting, total, max } = this.#figures
    if (total > max) throw new Error(`The pool has ${total} connections of at most ${max}`)
    return leased + settling + connecting + waiting === 0
  }
}
