import type { BrokerWarning, ConnectionBroker } from '@pglease/broker'
import type { ShownWarning } from './snapshot.js'
import { cut } from './texts.js'

/** How many are kept. */
const MOST = 50

/** The latest warnings of a broker, heard also while nobody watches: they are few, and the ones before one looks matter most. */
export class LatestWarnings {
  readonly #latest: ShownWarning[] = []
  #number = 0
  readonly #hear = (warning: BrokerWarning) => {
    const { code, message } = warning
    const count = 'count' in warning ? warning.count : undefined
    this.#latest.unshift({ number: ++this.#number, at: Date.now(), code, message: cut(message), count })
    this.#latest.splice(MOST)
  }

  constructor(private readonly broker: ConnectionBroker) {
    broker.on('warning', this.#hear)
  }

  get latest(): ShownWarning[] {
    return [...this.#latest]
  }

  stop(): void {
    this.broker.off('warning', this.#hear)
  }
}
