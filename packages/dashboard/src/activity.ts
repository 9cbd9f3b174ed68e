import { channels } from '@pglease/broker'
import type { Times } from './snapshot.js'
import { subscribe } from './subscribe.js'
import { RecentTimes } from './times.js'

/** What the channels tell, from here on until `stop`: of all brokers and executors of the process. */
export class Activity {
  readonly #waits = new Map<string, RecentTimes>()
  readonly #holds = new Map<string, RecentTimes>()
  readonly #ends: readonly (() => void)[]
  #started = 0
  #ended = 0
  /** Since this began. */
  failed = 0
  aborted = 0

  /** @param databases the names of those whose leases matter */
  constructor(databases: readonly string[]) {
    for (const name of databases) {
      this.#waits.set(name, new RecentTimes())
      this.#holds.set(name, new RecentTimes())
    }
    const held = ({ database, holdMillis }: { database: string; holdMillis: number }) =>
      this.#holds.get(database)?.record(holdMillis)
    this.#ends = [
      subscribe(channels.leaseGranted, ({ database, waitMillis }) =>
        this.#waits.get(database)?.record(waitMillis),
      ),
      subscribe(channels.leaseReleased, held),
      subscribe(channels.leaseRevoked, held),
      subscribe(channels.leaseLost, held),
      subscribe(channels.taskStarted, () => {
        this.#started++
      }),
      subscribe(channels.taskEnded, ({ outcome }) => {
        this.#ended++
        if (outcome !== 'returned') this[outcome]++
      }),
    ]
  }

  /** Since the last call, and of a database of those named. */
  takeTimes(database: string): { wait: Times; hold: Times } {
    return { wait: this.#waits.get(database)!.take(), hold: this.#holds.get(database)!.take() }
  }

  /** Since the last call. */
  takeTasks(): { started: number; ended: number } {
    const taken = { started: this.#started, ended: this.#ended }
    this.#started = 0
    this.#ended = 0
    return taken
  }

  stop(): void {
    for (const end of this.#ends) end()
  }
}
