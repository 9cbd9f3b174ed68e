/** The process under test: it has load done, is hurt in many ways, and tells what became of each task. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Callers } from './callers.js'
import { Generation } from './generation.js'
import {
  type Act,
  now,
  type RoundReport,
  type RoundSettings,
  type SubjectMessage,
  type SubjectRequest,
} from './messages.js'
import { openSockets, readResources } from './resources.js'

const BEAT_MILLIS = 100

/** The channel to the parent, and whatever else is there before there is a broker. */
const socketsBefore = openSockets()

class Round {
  readonly #settings: RoundSettings
  #generation: Generation
  /** Those that are being closed too. */
  readonly #generations = new Set<Generation>()
  readonly #callers: Callers
  readonly #events: { at: number; what: string }[] = []
  readonly #beats: NodeJS.Timeout
  readonly #closing: Promise<void>[] = []
  #leases = 0
  #handedOver = 0

  constructor(settings: RoundSettings) {
    this.#settings = settings
    this.#generation = this.#newGeneration()
    this.#callers = new Callers(settings, () => this.#generation)
    this.#beats = setInterval(() => this.#beat(), BEAT_MILLIS)
  }

  async act(what: Act): Promise<void> {
    switch (what.act) {
      case 'block':
        for (const end = performance.now() + what.millis; performance.now() < end; );
        return
      case 'recycle':
        return this.#generation.broker.recycle('default', { force: what.force })
      case 'close':
        return this.#replace(what.first, what.timeoutMillis)
      case 'terminate worker': {
        const { workers } = this.#generation
        await workers[what.which % workers.length]?.terminate()
        return
      }
      case 'collect garbage':
        ;(globalThis as { gc?: () => void }).gc?.()
        return
      default:
        throw new Error(`Nothing is known of ${what satisfies never}`)
    }
  }

  async finish(): Promise<RoundReport> {
    await this.#callers.stop()
    await this.#close(this.#generation, 'executor', 5000)
    await Promise.all(this.#closing)
    const socketsLeft = [...openSockets()].filter((socket) => !socketsBefore.has(socket)).length
    clearInterval(this.#beats)
    // What has ended is not gone at once.
    await sleep(50)
    return {
      kind: 'report',
      told: this.#callers.told,
      events: this.#events,
      leases: this.#leases,
      handedOver: this.#handedOver,
      socketsLeft,
      resources: readResources(),
    }
  }

  async #replace(first: 'broker' | 'executor', timeoutMillis: number): Promise<void> {
    const old = this.#generation
    this.#generation = this.#newGeneration()
    const closing = this.#close(old, first, timeoutMillis)
    this.#closing.push(closing)
    await closing
  }

  async #close(generation: Generation, first: 'broker' | 'executor', timeoutMillis: number): Promise<void> {
    await generation.close(first, timeoutMillis)
    const { leases, handedOver } = generation.figures
    this.#leases += leases
    this.#handedOver += handedOver
    this.#generations.delete(generation)
  }

  #newGeneration(): Generation {
    const generation = new Generation(this.#settings, (what) => this.#events.push({ at: now(), what }))
    this.#generations.add(generation)
    return generation
  }

  #beat(): void {
    const all = [...this.#generations]
    tell({
      kind: 'beat',
      limit: all.reduce((sum, { limit }) => sum + limit, 0),
      total: all.reduce((sum, { figures }) => sum + figures.total, 0),
      begun: this.#callers.begun,
      settled: this.#callers.told.length,
      faults: this.#callers.faults,
    })
  }
}

function tell(message: SubjectMessage): void {
  process.send!(message)
}

let round: Round | undefined

process.on('message', async (request: SubjectRequest) => {
  if (request.kind === 'begin') {
    round = new Round(request.settings)
  } else if (request.kind === 'act') {
    await round!.act(request.what)
    tell({ kind: 'acted', id: request.id })
  } else {
    tell(await round!.finish())
    round = undefined
  }
})
process.on('disconnect', () => process.exit())

tell({ kind: 'ready' })
