import {
  type ConnectionBroker,
  channels,
  type LeaseMessage,
  type LeaseReleasedMessage,
} from '@pglease/broker'
import type { Times } from './snapshot.js'
import { subscribe } from './subscribe.js'
import { RecentTimes } from './times.js'

/** What the channels tell, from here on until `stop`: of the leases of one broker, and of the tasks of all executors of the process. */
export class Activity {
  readonly #waits = new Map<string, RecentTimes>()
  readonly #holds = new Map<string, RecentTimes>()
  readonly #ends: readonly (() => void)[]
  #started = 0
  #ended = 0
  /** Since this began. */
  failed = 0
  aborted = 0

  /** @param broker the one whose leases matter */
  constructor({ name, databases }: Pick<ConnectionBroker, 'name' | 'databases'>) {
    for (const database of databases) {
      this.#waits.set(database, new RecentTimes())
      this.#holds.set(database, new RecentTimes())
    }
    const record = (times: Map<string, RecentTimes>, { broker, database }: LeaseMessage, millis: number) => {
      if (broker === name) times.get(database)?.record(millis)
    }
    const held = (message: LeaseReleasedMessage) => record(this.#holds, message, message.holdMillis)
    this.#ends = [
      subscribe(channels.leaseGranted, (message) => record(this.#waits, message, message.waitMillis)),
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
