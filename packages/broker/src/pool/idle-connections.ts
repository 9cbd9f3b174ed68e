import { LONGEST_TIMER } from '../common/longest-timer.js'
import { type ConnectionUser, NOBODY } from '../connection/connection-user.js'
import type { ServerConnection } from '../connection/server-connection.js'

/** When idle connections are closed. */
export interface IdleLimits {
  /** 0 is never. */
  idleTimeoutMillis: number
  /** How many connections the pool has above its minimum, now. */
  spare(): number
  /** Closes a connection that is in the pool no more. */
  close(connection: ServerConnection, reason: 'idle' | 'lifetime' | 'lost' | 'resized'): void
}

/** The pool's idle connections. Used last is lent first, so that those not needed grow old together. */
export class IdleConnections {
  readonly #limits: IdleLimits
  /** By `usedAt`, longest idle first. */
  readonly #stack: ServerConnection[] = []
  /** Runs while something in the stack has an end to come. */
  #timer: NodeJS.Timeout | undefined
  /** When it fires. Never later than the end of any in the stack, but when the minimum no longer holds one back. */
  #due = Number.POSITIVE_INFINITY

  constructor(limits: IdleLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#stack.length
  }

  push(connection: ServerConnection): void {
    connection.use(this.#watcher(connection))
    this.#stack.push(connection)
    this.#wakeAt(this.#endOf(connection))
  }

  /** One that was taken out to be asked whether it answers: it has its old place again, for it was not used. */
  putBack(connection: ServerConnection): void {
    connection.use(this.#watcher(connection))
    const behind = this.#stack.findIndex(({ usedAt }) => usedAt > connection.usedAt)
    this.#stack.splice(behind === -1 ? this.#stack.length : behind, 0, connection)
    this.#wakeAt(this.#endOf(connection))
  }

  /** The one used last, if its server was heard of within so many milliseconds. */
  popFresh(withinMillis: number): ServerConnection | undefined {
    const last = this.#stack.at(-1)
    if (last === undefined || last.silentMillis > withinMillis) return undefined
    return this.#stack.pop()
  }

  /** The one used last; there must be one. */
  pop(): ServerConnection {
    const last = this.#stack.pop()
    if (last === undefined) throw new Error('No connection is idle')
    return last
  }

  /** Closes those idle for longest, as long as there are too many connections. */
  closeWhile(areTooMany: () => boolean): void {
    while (this.#stack.length > 0 && areTooMany()) this.#limits.close(this.#stack.shift()!, 'resized')
    // The minimum may hold back others than before.
    for (const connection of this.#stack) this.#wakeAt(this.#endOf(connection))
  }

  remove(connection: ServerConnection): void {
    const at = this.#stack.indexOf(connection)
    if (at !== -1) this.#stack.splice(at, 1)
  }

  all(): ServerConnection[] {
    return [...this.#stack]
  }

  /** Those whose reset is due. */
  unreset(): ServerConnection[] {
    return this.#stack.filter(({ reset }) => reset === 'due')
  }

  takeAll(): ServerConnection[] {
    this.#stopTimer()
    return this.#stack.splice(0)
  }

  /** The server may close an idle connection, and mostly says so first. */
  #watcher(connection: ServerConnection): ConnectionUser {
    const lost = () => {
      this.remove(connection)
      this.#limits.close(connection, 'lost')
    }
    const received = () => {
      if (connection.tracker.state !== 'idle') lost()
    }
    return { ...NOBODY, received, lost }
  }

  /** Sets the timer, unless it fires earlier anyway. */
  #wakeAt(due: number): void {
    if (due >= this.#due) return
    this.#stopTimer()
    this.#due = due
    // A timer counts whole milliseconds and may fire a little early.
    const millis = Math.min(LONGEST_TIMER, Math.max(0, due - performance.now()) + 1)
    this.#timer = setTimeout(() => this.#sweep(), millis).unref()
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#due = Number.POSITIVE_INFINITY
  }

  #endOf(connection: ServerConnection): number {
    return Math.min(connection.expiresAt, this.#idleEnd(connection))
  }

  #idleEnd({ usedAt }: ServerConnection): number {
    const { idleTimeoutMillis, spare } = this.#limits
    return idleTimeoutMillis > 0 && spare() > 0 ? usedAt + idleTimeoutMillis : Number.POSITIVE_INFINITY
  }

  #sweep(): void {
    this.#stopTimer()
    for (const connection of [...this.#stack]) {
      const now = performance.now()
      const reason =
        connection.expiresAt <= now ? 'lifetime' : this.#idleEnd(connection) <= now ? 'idle' : undefined
      if (reason === undefined) continue
      this.remove(connection)
      this.#limits.close(connection, reason)
    }
    for (const connection of this.#stack) this.#wakeAt(this.#endOf(connection))
  }
}
