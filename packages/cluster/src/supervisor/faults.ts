import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../arguments.js'
import type { Members } from './members.js'
import type { Server } from './server.js'

/** How long the server or the network stays away. */
const AWAY_MILLIS = 1000

/** Breaks what it is asked to, one after the other, each while the process concerned is in the midst of a job. */
export class Faults {
  readonly #left: Fault[]
  #state: 'waiting' | 'breaking' = 'waiting'
  /** The last one. */
  #under: Promise<void> = Promise.resolve()

  constructor(
    faults: readonly Fault[],
    private readonly server: Server,
    private readonly members: Members,
    private readonly note: (text: string) => void,
  ) {
    this.#left = [...faults]
  }

  /** Those that there was no occasion for. */
  get left(): readonly Fault[] {
    return this.#left
  }

  /** A member is in the midst of a job. */
  midJob(process: number): void {
    if (this.#state === 'breaking') return
    const fault = this.#left.shift()
    if (fault === undefined) return
    this.#state = 'breaking'
    this.#under = this.#strike(fault, process).finally(() => {
      this.#state = 'waiting'
    })
    // `settled` tells of it.
    this.#under.catch(() => {})
  }

  /** Resolves when everything is whole again. @throws what could not be done or undone */
  settled(): Promise<void> {
    return this.#under
  }

  async #strike(fault: Fault, process: number): Promise<void> {
    const member = this.members.places[process - 1]?.member
    switch (fault) {
      case 'process':
        this.note(`Process ${process} is killed`)
        member?.kill()
        await member?.ended
        return
      case 'thread':
        this.note(`A thread of process ${process} is ended`)
        member?.tell({ kind: 'endThread' })
        return
      case 'server':
        this.note('Postgres is stopped')
        await this.server.shutDown()
        await sleep(AWAY_MILLIS)
        await this.server.launch()
        this.note('Postgres is back')
        return
      case 'network': {
        const proxy = this.server.proxies[process - 1]
        this.note(`The network of process ${process} is cut`)
        proxy!.refuse()
        for (const link of proxy!.links) link.cut()
        await sleep(AWAY_MILLIS)
        await proxy!.accept()
        this.note(`The network of process ${process} is back`)
      }
    }
  }
}
