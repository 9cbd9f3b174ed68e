import type { ConnectionBroker, DatabaseStatistics, LeaseReport } from '@pglease/broker'
import { Activity } from './activity.js'
import { MainThread } from './main-thread.js'
import type { DashboardExecutor } from './options.js'
import type { ServerLook } from './server-look.js'
import type { DatabaseFigures, ShownWarning, Snapshot, TaskFigures } from './snapshot.js'
import { cut } from './texts.js'

/** Leases, and tasks, that are listed. */
const MOST_LISTED = 200

/** Beyond so many, to make a list of all leases only to show some takes longer than the main thread should be held up. */
const MOST_LOOKED_AT = 5000

export interface Watched {
  readonly broker: ConnectionBroker
  readonly executors: readonly DashboardExecutor[]
  /** Of each database. */
  readonly looks: ReadonlyMap<string, ServerLook>
}

/** Everything that is done while somebody watches, from the first viewer to the last. */
export class Watch {
  readonly #activity: Activity
  readonly #mainThread = new MainThread()
  #last: { readonly at: number; readonly figures: Record<string, DatabaseStatistics> }

  constructor(private readonly watched: Watched) {
    this.#activity = new Activity(watched.broker)
    this.#last = { at: performance.now(), figures: watched.broker.stats() }
  }

  /** What there is now, with what has happened since the last call. */
  take(warnings: ShownWarning[]): Snapshot {
    const { broker, looks } = this.watched
    // It looks up what threads have done by themselves, so that the figures behind it have that.
    const leases = this.#leases()
    const figures: Record<string, DatabaseStatistics> = broker.stats()
    const at = performance.now()
    const seconds = (at - this.#last.at) / 1000
    const databases = Object.entries(figures).map(([name, now]) =>
      this.#database(name, { now, before: this.#last.figures[name]!, seconds, leases }),
    )
    this.#last = { at, figures }
    for (const database of databases) looks.get(database.name)!.tick(database)
    return {
      at: Date.now(),
      name: broker.name === undefined ? undefined : cut(broker.name, 200),
      state: broker.state,
      databases,
      leases: leases?.slice(0, MOST_LISTED).map(shorten),
      moreLeases: Math.max(0, (leases?.length ?? 0) - MOST_LISTED),
      tasks: this.#tasks(seconds),
      loop: this.#mainThread.take(),
      warnings,
    }
  }

  stop(): void {
    this.#activity.stop()
    this.#mainThread.stop()
  }

  #leases(): LeaseReport[] | undefined {
    const { broker } = this.watched
    let count = 0
    for (const { leased, waiting } of Object.values(broker.stats())) count += leased + waiting
    return count > MOST_LOOKED_AT ? undefined : broker.leases()
  }

  #database(name: string, { now, before, seconds, leases = [] }: Interval): DatabaseFigures {
    const perSecond = (key: 'leases' | 'bytesToServer' | 'bytesFromServer') =>
      rate(now[key] - before[key], seconds)
    const { paused, min, max, connecting, idle, leased, settling, waiting } = now
    const { timeouts, refused, revoked, connectFailures, closed, handedOver } = now
    const kept = leases.filter(({ database, state }) => database === name && state === 'kept').length
    return {
      name,
      ...{ paused, min, max, connecting, idle, leased, settling, waiting },
      // A thread may have begun a lease between the two looks.
      kept: Math.min(kept, idle),
      ...{ leases: now.leases, timeouts, refused, revoked, connectFailures, lost: closed.lost },
      handedOverShare: now.leases === 0 ? 0 : handedOver / now.leases,
      leasesPerSecond: perSecond('leases'),
      bytesToServerPerSecond: perSecond('bytesToServer'),
      bytesFromServerPerSecond: perSecond('bytesFromServer'),
      ...this.#activity.takeTimes(name),
      server: this.watched.looks.get(name)!.view,
    }
  }

  #tasks(seconds: number): TaskFigures | undefined {
    const { executors } = this.watched
    if (executors.length === 0) return undefined
    const { failed, aborted } = this.#activity
    const { started, ended } = this.#activity.takeTasks()
    const running = executors.flatMap((executor) => executor.tasks())
    return {
      queued: executors.reduce((sum, { queueSize }) => sum + queueSize, 0),
      running: running.slice(0, MOST_LISTED).map((task) => ({ ...task, task: cut(task.task, 200) })),
      startedPerSecond: rate(started, seconds),
      endedPerSecond: rate(ended, seconds),
      failed,
      aborted,
    }
  }
}

interface Interval {
  readonly now: DatabaseStatistics
  readonly before: DatabaseStatistics
  readonly seconds: number
  readonly leases: readonly LeaseReport[] | undefined
}

/** The first snapshot comes at once, when nothing can be told of a second. */
const rate = (count: number, seconds: number): number => (seconds < 0.1 ? 0 : count / seconds)

function shorten(lease: LeaseReport): LeaseReport {
  const { task, statement } = lease
  return {
    ...lease,
    task: task === undefined ? undefined : cut(task, 200),
    statement: statement === undefined ? undefined : cut(statement, 300),
  }
}
