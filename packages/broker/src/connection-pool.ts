import { BrokerClosedError, ConnectError, LeaseTimeoutError, QueueFullError } from '@pglease/client'
import { Backoff } from './backoff.js'
import { isFinal } from './connect-failure.js'
import type { Database } from './database-options.js'
import { type ConnectionUser, NOBODY, ServerConnection } from './server-connection.js'
import type { CloseReason, Counters } from './statistics.js'
import { WaitingLine } from './waiting-line.js'

/** Who waits for a connection. Exactly one of the two is called, once, unless the waiter withdraws. */
export interface Waiter {
  readonly priority: number
  /** 0 waits without end. */
  readonly timeoutMillis: number
  granted(connection: ServerConnection): void
  refused(error: Error): void
}

/** What a waiter's place in the line keeps. */
interface Wait {
  readonly since: number
  readonly timer: NodeJS.Timeout | undefined
}

/**
 * The connections of one database, and the line of those who wait for one. A connection is in one of these places:
 *
 * connecting → idle ⇄ validating, idle → lent → settling → idle, and from everywhere → closing → gone.
 *
 * All but `gone` count against `max`: a slot is free when the server counts the connection no more.
 */
export class ConnectionPool {
  readonly #database: Database
  readonly #counters: Counters
  readonly #holders: () => string[]
  readonly #waiting = new WaitingLine<Waiter>()
  readonly #waits = new Map<Waiter, Wait>()
  /** Lent last is lent first; so those at the front are idle for longest. */
  readonly #idle: ServerConnection[] = []
  /** Every connection that the server has accepted and that has not closed. */
  readonly #open = new Set<ServerConnection>()
  /** Connections that `granted` gave out and that have not come back. */
  readonly #lent = new Set<ServerConnection>()
  #connecting = 0
  #validating = 0
  /** A connection of an earlier epoch is never lent: see `recycle`. */
  #epoch = 0
  #state: 'open' | 'closing' = 'open'
  readonly #backoff = new Backoff(() => this.#dispatch())
  #sweepTimer: NodeJS.Timeout | undefined
  /** Called whenever a connection has come or gone, for those who wait for that. */
  #onChange: () => void = () => {}

  /** @param holders who has the connections now, for the error of those who wait in vain. */
  constructor(database: Database, counters: Counters, holders: () => string[]) {
    this.#database = database
    this.#counters = counters
    this.#holders = holders
  }

  get figures() {
    const total = this.#open.size + this.#connecting
    const [connecting, idle, leased, waiting] = [
      this.#connecting,
      this.#idle.length,
      this.#lent.size,
      this.#waiting.size,
    ]
    return {
      total,
      connecting,
      idle,
      leased,
      settling: total - connecting - idle - leased,
      waiting,
      max: this.#database.max,
    }
  }

  acquire(waiter: Waiter): void {
    const { name, maxWaiting } = this.#database
    if (this.#state === 'closing') return waiter.refused(closed(name))
    const connection = this.#waiting.size === 0 ? this.#takeFresh() : undefined
    if (connection !== undefined) return this.#grant(waiter, connection, 0)
    this.#join(waiter)
    this.#dispatch()
    if (this.#waiting.size <= maxWaiting || !this.#leave(waiter)) return
    waiter.refused(
      new QueueFullError(`${maxWaiting} leases wait for "${name}" already.`, {
        database: name,
        limit: maxWaiting,
      }),
    )
  }

  /** The waiter wants no connection any more. Returns false when it was not waiting. */
  withdraw(waiter: Waiter): boolean {
    return this.#leave(waiter) !== undefined
  }

  /** Ends the lending: the connection is the pool's again, but not yet fit for the next. */
  takeBack(connection: ServerConnection): void {
    if (!this.#lent.delete(connection)) throw new Error('A connection came back that was not lent')
    connection.use(this.#bystander(connection))
  }

  /** A connection is in step and idle, its session in its initial state. */
  available(connection: ServerConnection): void {
    connection.use(this.#bystander(connection))
    connection.usedAt = performance.now()
    const reason = this.#unfit(connection)
    if (reason !== undefined) return this.close(connection, reason)
    this.#idle.push(connection)
    this.#dispatch()
    if (this.#idle.length > 0) this.#scheduleSweep()
  }

  /** Closes a connection: politely when its session is in step. */
  close(connection: ServerConnection, reason: CloseReason): void {
    if (!this.#open.has(connection)) return
    this.#counters.closed[reason]++
    connection.use(NOBODY)
    if (connection.isOpen && connection.tracker.state === 'idle')
      connection.end(this.#database.cancelTimeoutMillis)
    else connection.destroy()
    connection.closed.then(() => {
      this.#open.delete(connection)
      this.#changed()
    })
  }

  /** From now on no connection opened before is lent: idle ones close at once, the others when they come back. */
  recycle(): void {
    this.#epoch++
    for (const connection of this.#idle.splice(0)) this.close(connection, 'recycled')
    this.#dispatch()
  }

  /** Resolves when `min` connections are open. @throws ConnectError */
  async ready(): Promise<void> {
    while (this.#state === 'open' && this.#open.size < this.#database.min) {
      this.#dispatch()
      await new Promise<void>((resolve) => this.#whenChanged(resolve))
      const cause = this.#backoff.error
      if (cause !== undefined && this.#open.size < this.#database.min) throw this.#cannotConnect(cause)
    }
  }

  /** Refuses those who wait and those who come; idle connections close. Lent ones close when they come back. */
  beginClose(): void {
    this.#state = 'closing'
    this.#backoff.reset()
    clearTimeout(this.#sweepTimer)
    this.#refuseAll(() => closed(this.#database.name))
    for (const connection of this.#idle.splice(0)) this.close(connection, 'closed')
  }

  /** Resolves when no connection is open. Only after `beginClose`. */
  async drained(): Promise<void> {
    while (this.#open.size + this.#connecting > 0)
      await new Promise<void>((resolve) => this.#whenChanged(resolve))
  }

  #join(waiter: Waiter): void {
    const since = performance.now()
    const { timeoutMillis } = waiter
    const timer = timeoutMillis === 0 ? undefined : setTimeout(() => this.#timeout(waiter), timeoutMillis)
    this.#waits.set(waiter, { since, timer })
    this.#waiting.join(waiter, waiter.priority, since)
  }

  #leave(waiter: Waiter): Wait | undefined {
    if (!this.#waiting.leave(waiter)) return undefined
    const wait = this.#waits.get(waiter)
    if (wait === undefined) throw new Error('A waiter in the line has no wait')
    this.#waits.delete(waiter)
    clearTimeout(wait.timer)
    return wait
  }

  /** Serves the line with what is there, then sees to it that enough is on its way for those who remain. */
  #dispatch(): void {
    if (this.#state === 'closing') return
    while (this.#waiting.size > 0) {
      const connection = this.#takeFresh()
      if (connection === undefined) break
      const waiter = this.#waiting.shift()
      const wait = waiter && this.#waits.get(waiter)
      if (waiter === undefined || wait === undefined) throw new Error('The line has a size but no head')
      this.#waits.delete(waiter)
      clearTimeout(wait.timer)
      this.#grant(waiter, connection, performance.now() - wait.since)
    }
    while (this.#idle.length > 0 && this.#arriving < this.#waiting.size) this.#validate(this.#idle.pop()!)
    while (this.#mayConnect && (this.#arriving < this.#waiting.size || this.#isBelowMin)) this.#connect()
  }

  /** Connections that will be idle soon, if all goes well. */
  get #arriving(): number {
    return this.#connecting + this.#validating
  }

  get #mayConnect(): boolean {
    return !this.#backoff.isWaiting && this.#open.size + this.#connecting < this.#database.max
  }

  get #isBelowMin(): boolean {
    return this.#open.size + this.#connecting < this.#database.min
  }

  /** An idle connection that needs no validation. */
  #takeFresh(): ServerConnection | undefined {
    const last = this.#idle.at(-1)
    if (last === undefined || performance.now() - last.usedAt > this.#database.validateAfterIdleMillis)
      return undefined
    this.#idle.pop()
    return last
  }

  #grant(waiter: Waiter, connection: ServerConnection, waitedMillis: number): void {
    connection.tracker.reset()
    connection.uses++
    this.#lent.add(connection)
    this.#counters.leases++
    this.#counters.waited(waitedMillis)
    waiter.granted(connection)
  }

  #validate(connection: ServerConnection): void {
    this.#validating++
    this.#counters.validated++
    connection.exchange(['SELECT 1'], this.#database.validateTimeoutMillis).then(
      () => {
        this.#validating--
        this.available(connection)
      },
      () => {
        this.#validating--
        this.close(connection, 'invalid')
        this.#dispatch()
      },
    )
  }

  #connect(): void {
    this.#connecting++
    ServerConnection.open(this.#database, this.#epoch).then(
      (connection) => {
        this.#connecting--
        this.#counters.opened++
        this.#backoff.reset()
        this.#open.add(connection)
        this.available(connection)
        this.#changed()
      },
      (error: Error) => {
        this.#connecting--
        this.#counters.connectFailures++
        if (this.#state === 'open') this.#connectFailed(error)
        this.#changed()
      },
    )
  }

  /** A refusal that waiting cannot mend reaches those who wait at once, unless other connections may serve them. */
  #connectFailed(error: Error): void {
    this.#backoff.failed(error)
    if (isFinal(error) && this.#open.size === 0) this.#refuseAll(() => this.#cannotConnect(error))
    if (this.#waiting.size === 0 && !this.#isBelowMin) this.#backoff.reset()
  }

  #timeout(waiter: Waiter): void {
    const { name, max } = this.#database
    const wait = this.#leave(waiter)
    if (wait === undefined) throw new Error('A waiter timed out that was not waiting')
    const waitedMillis = Math.round(performance.now() - wait.since)
    const cause = this.#open.size === 0 ? this.#backoff.error : undefined
    const holders = this.#holders()
    const why =
      cause === undefined
        ? `${this.#lent.size} of at most ${max} are leased: ${holders.join('; ') || 'by nobody'}`
        : `the server cannot be reached: ${describe(cause)}`
    const message = `No connection to "${name}" came free within ${waitedMillis} ms; ${why}.`
    waiter.refused(
      new LeaseTimeoutError(message, { database: name, limit: max, waitedMillis, holders, cause }),
    )
  }

  #refuseAll(error: () => Error): void {
    for (let waiter = this.#waiting.shift(); waiter !== undefined; waiter = this.#waiting.shift()) {
      clearTimeout(this.#waits.get(waiter)?.timer)
      this.#waits.delete(waiter)
      waiter.refused(error())
    }
  }

  /** Why a connection may not be lent again. */
  #unfit(connection: ServerConnection): CloseReason | undefined {
    const { maxUses } = this.#database
    if (this.#state === 'closing') return 'closed'
    if (!connection.isOpen) return 'lost'
    if (connection.epoch !== this.#epoch) return 'recycled'
    if (maxUses > 0 && connection.uses >= maxUses) return 'uses'
    if (performance.now() >= connection.expiresAt) return 'lifetime'
    return undefined
  }

  #scheduleSweep(): void {
    if (this.#sweepTimer !== undefined) return
    const due = Math.min(...this.#idle.map((connection) => this.#sweepDue(connection)))
    if (due === Number.POSITIVE_INFINITY) return
    this.#sweepTimer = setTimeout(() => this.#sweep(), Math.max(1, due - performance.now()))
    this.#sweepTimer.unref()
  }

  #sweepDue({ usedAt, expiresAt }: ServerConnection): number {
    const { idleTimeoutMillis } = this.#database
    const isSpare = idleTimeoutMillis > 0 && this.#open.size > this.#database.min
    return Math.min(expiresAt, isSpare ? usedAt + idleTimeoutMillis : Number.POSITIVE_INFINITY)
  }

  #sweep(): void {
    this.#sweepTimer = undefined
    const now = performance.now()
    let spare = this.#open.size - this.#database.min
    for (const connection of [...this.#idle]) {
      const isOld = connection.expiresAt <= now
      const isIdle =
        spare > 0 &&
        this.#database.idleTimeoutMillis > 0 &&
        connection.usedAt + this.#database.idleTimeoutMillis <= now
      if (!isOld && !isIdle) continue
      spare--
      this.#idle.splice(this.#idle.indexOf(connection), 1)
      this.close(connection, isOld ? 'lifetime' : 'idle')
    }
    if (this.#idle.length > 0) this.#scheduleSweep()
  }

  /** Watches a connection that nobody uses: the server may close it. */
  #bystander(connection: ServerConnection): ConnectionUser {
    return {
      received: () => {},
      drained: () => {},
      lost: () => {
        const at = this.#idle.indexOf(connection)
        if (at !== -1) this.#idle.splice(at, 1)
        this.close(connection, 'lost')
        this.#dispatch()
      },
    }
  }

  #cannotConnect(cause: Error): ConnectError {
    const { name } = this.#database
    return new ConnectError(`Cannot connect to "${name}": ${describe(cause)}`, { database: name, cause })
  }

  #whenChanged(resolve: () => void): void {
    const before = this.#onChange
    this.#onChange = () => {
      before()
      resolve()
    }
  }

  #changed(): void {
    const onChange = this.#onChange
    this.#onChange = () => {}
    onChange()
    this.#dispatch()
  }
}

function closed(database: string): BrokerClosedError {
  return new BrokerClosedError(`The broker is closed: "${database}" cannot be leased any more.`, { database })
}

/** Node's error of several addresses tried has no message of its own. */
function describe(error: Error): string {
  const [first] = error instanceof AggregateError ? error.errors : []
  return error.message || first?.message || error.name
}
