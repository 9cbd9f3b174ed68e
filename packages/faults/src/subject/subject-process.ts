/** The process under test: it has load done, is hurt in many ways, and tells what became of each task. */
import { until } from '../common/until.js'
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
import { openSockets, restingResources } from './resources.js'

const BEAT_MILLIS = 100
/** Longer than the broker takes for what a thread has left. */
const REST_MILLIS = 20_000

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

  /** @param kept of the round before, for this one as well */
  constructor(settings: RoundSettings, kept: Generation | undefined) {
    this.#settings = settings
    this.#generation = kept === undefined ? this.#newGeneration() : this.#take(kept)
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
      case 'pause':
        return this.#generation.pause(what.millis)
      case 'shrink':
        return this.#generation.shrink(what.millis)
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

  get generation(): Generation {
    return this.#generation
  }

  async finish(keeps: boolean): Promise<RoundReport> {
    await this.#callers.stop()
    if (keeps) await this.#rest()
    else await this.#close(this.#generation, 'executor', 5000)
    await Promise.all(this.#closing)
    const sockets = [...openSockets()].filter((socket) => !socketsBefore.has(socket))
    clearInterval(this.#beats)
    return {
      kind: 'report',
      told: this.#callers.told,
      events: this.#events,
      leases: this.#leases,
      handedOver: this.#handedOver,
      socketsLeft: keeps ? 0 : sockets.length,
      resources: await restingResources(),
    }
  }

  async #replace(first: 'broker' | 'executor', timeoutMillis: number): Promise<void> {
    const old = this.#generation
    this.#generation = this.#newGeneration()
    const closing = this.#close(old, first, timeoutMillis)
    this.#closing.push(closing)
    await closing
  }

  /** Waits for all leases to be over. */
  async #rest(): Promise<void> {
    const isQuiet = () => {
      const { leased, settling, connecting, waiting } = this.#generation.figures
      return leased + settling + connecting + waiting === 0
    }
    const what = () => `for all leases to be over: ${JSON.stringify(this.#generation.figures)}`
    await until(isQuiet, what, REST_MILLIS).catch((error: Error) => this.#note(`error: ${error.message}`))
    this.#count(this.#generation)
  }

  async #close(generation: Generation, first: 'broker' | 'executor', timeoutMillis: number): Promise<void> {
    await generation.close(first, timeoutMillis)
    this.#count(generation)
    this.#generations.delete(generation)
  }

  #count({ figures: { leases, handedOver } }: Generation): void {
    this.#leases += leases
    this.#handedOver += handedOver
  }

  #newGeneration(): Generation {
    return this.#take(new Generation(this.#settings))
  }

  #take(generation: Generation): Generation {
    generation.tell = (what) => this.#note(what)
    this.#generations.add(generation)
    return generation
  }

  #note(what: string): void {
    this.#events.push({ at: now(), what })
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
/** Of the latest round, for the next one. */
let kept: Generation | undefined

process.on('message', async (request: SubjectRequest) => {
  if (request.kind === 'begin') {
    round = new Round(request.settings, kept)
  } else if (request.kind === 'act') {
    await round!.act(request.what)
    tell({ kind: 'acted', id: request.id })
  } else {
    tell(await round!.finish(request.keeps))
    kept = request.keeps ? round!.generation : undefined
    round = undefined
  }
})
process.on('disconnect', () => process.exit())

tell({ kind: 'ready' })
