import { channel } from 'node:diagnostics_channel'
import type { CloseReason } from './statistics.js'
import type { BrokerWarning } from './warnings.js'

/** What each message of a lease, or of a connection, tells. */
export interface DatabaseMessage {
  /** The name of the broker; undefined where it has none. */
  broker: string | undefined
  /** Its name in the broker's options. */
  database: string
}

/** What each message of a lease tells. */
export interface LeaseMessage extends DatabaseMessage {
  /** The same number in all messages of a lease, and in those of no other. */
  lease: number
  /** The name of the task. Undefined outside of an executor. */
  task: string | undefined
  /** Of the thread that leases: 0 is the main thread. */
  threadId: number
}

/** Of a lease that has a connection. */
export interface GrantedLeaseMessage extends LeaseMessage {
  /** Of the server's process, as `pg_backend_pid()` gives it. */
  processId: number
}

/** Of a lease that has got a connection. */
export interface LeaseGrantedMessage extends GrantedLeaseMessage {
  /** From the request to the grant, in milliseconds. */
  waitMillis: number
  /** Whether the thread began it by itself, with the connection that it had kept. */
  kept: boolean
}

/** Of a lease whose holder waits no longer. */
export interface LeaseWithdrawnMessage extends LeaseMessage {
  /** Since the request, in milliseconds. */
  waitMillis: number
}

/** Of a lease that gets no connection. */
export interface LeaseRefusedMessage extends LeaseWithdrawnMessage {
  /** What its holder is told: mostly a `LeaseTimeoutError`, a `QueueFullError`, a `ConnectError` or a `BrokerClosedError`. */
  error: Error
}

/** Of a lease that is over. */
export interface LeaseReleasedMessage extends GrantedLeaseMessage {
  /** From the grant to the end, in milliseconds. */
  holdMillis: number
}

/** Of a lease that was ended for its holder. */
export interface LeaseEndedMessage extends LeaseReleasedMessage {
  /** What its holder is told. */
  error: Error
}

/** Of a connection that was opened. */
export interface ConnectionOpenedMessage extends DatabaseMessage {
  /** Of the server's process, as `pg_backend_pid()` gives it. */
  processId: number
  /** What it took to open it, `onConnect` included, in milliseconds. */
  connectMillis: number
}

/** Of a connection that was closed. */
export interface ConnectionClosedMessage extends DatabaseMessage {
  /** Of the server's process. */
  processId: number
  /** Why it was closed. */
  reason: CloseReason
  /** Since it was open, in milliseconds. */
  ageMillis: number
  /** How many leases it has been granted to; those that a thread began by itself do not count. */
  uses: number
}

/** Of an attempt to open one. */
export interface ConnectionFailedMessage extends DatabaseMessage {
  /** Why: what the server or the network has said. */
  error: Error
  /** What it took to fail, in milliseconds. */
  connectMillis: number
}

/** What each message of a task tells. */
export interface TaskMessage {
  /** The same number in all messages of a task, and in those of no other. */
  run: number
  /** The name of the exported function. */
  task: string
}

/** Of a task that `run` was called for. */
export interface TaskQueuedMessage extends TaskMessage {
  /**
   * Empty. What a subscriber writes here goes to the thread with the task, where `aroundTasks` of `@pglease/client` has it: the
   * context of a trace, or the id of a request.
   */
  carrier: Record<string, string>
}

/** Of a task that a thread has begun. */
export interface TaskStartedMessage extends TaskMessage {
  /** Of the thread that it runs in. */
  threadId: number
  /** From `run` to its start as far as the main thread knows of it, in milliseconds. */
  waitMillis: number
}

/** Of a task that is over. */
export interface TaskEndedMessage extends TaskMessage {
  /** Undefined where no thread had begun it. */
  threadId: number | undefined
  /** Since its start, in milliseconds; 0 where no thread had begun it. */
  runMillis: number
  /** `aborted` by its signal, its `timeoutMillis` or the executor's end, also where it had not begun. */
  outcome: 'returned' | 'failed' | 'aborted'
  /** What its promise rejects with. */
  error: unknown
}

/** A channel of `node:diagnostics_channel` whose messages have a type. */
export interface TypedChannel<Message> {
  /** As `diagnostics_channel` knows it. */
  readonly name: string | symbol
  /** Whether anybody listens. */
  readonly hasSubscribers: boolean
  /** For those who publish: here that is the library. */
  publish(message: Message): void
  /** The listener is called within what it is told of. What it throws is an `uncaughtException` of the process. */
  subscribe(listener: (message: Message, name: string | symbol) => void): void
  /** Returns whether it was subscribed. */
  unsubscribe(listener: (message: Message, name: string | symbol) => void): boolean
}

function typed<Message>(name: string): TypedChannel<Message> {
  return channel(name) as unknown as TypedChannel<Message>
}

/**
 * What happens in brokers and executors, as channels of `node:diagnostics_channel`, which can be subscribed to by their names as
 * well. They are published on the thread of the broker. While nobody listens to a channel, no message is made for it.
 */
export const channels = {
  /** A lease is asked for. */
  leaseRequested: typed<LeaseMessage>('pglease:lease:requested'),
  /** It has a connection. */
  leaseGranted: typed<LeaseGrantedMessage>('pglease:lease:granted'),
  /** It gets none. */
  leaseRefused: typed<LeaseRefusedMessage>('pglease:lease:refused'),
  /** Its holder has given up waiting. */
  leaseWithdrawn: typed<LeaseWithdrawnMessage>('pglease:lease:withdrawn'),
  /** Its holder is done, or its thread has ended. */
  leaseReleased: typed<LeaseReleasedMessage>('pglease:lease:released'),
  /** The broker has taken it back. */
  leaseRevoked: typed<LeaseEndedMessage>('pglease:lease:revoked'),
  /** Its connection is gone. */
  leaseLost: typed<LeaseEndedMessage>('pglease:lease:lost'),
  /** One is open, and `onConnect` has been called. */
  connectionOpened: typed<ConnectionOpenedMessage>('pglease:connection:opened'),
  /** One was closed, by whomever. */
  connectionClosed: typed<ConnectionClosedMessage>('pglease:connection:closed'),
  /** One could not be opened. */
  connectionFailed: typed<ConnectionFailedMessage>('pglease:connection:failed'),
  /** Within the call of `run`. */
  taskQueued: typed<TaskQueuedMessage>('pglease:task:queued'),
  /** A thread has begun it. */
  taskStarted: typed<TaskStartedMessage>('pglease:task:started'),
  /** It is over, and its promise about to settle. */
  taskEnded: typed<TaskEndedMessage>('pglease:task:ended'),
  /** What the `warning` event of a broker tells, whether or not somebody listens to that. */
  warning: typed<BrokerWarning>('pglease:warning'),
} as const
