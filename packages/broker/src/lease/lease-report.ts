import type { RelayReason } from '../common/statistics.js'
import type { ServerConnection } from '../connection/server-connection.js'
import type { LeasePeer } from './lease-peer.js'
import type { LeaseState } from './lease-state.js'
import { isLendable } from './thread-socket.js'

/** One lease, or one who waits for it, as `ConnectionBroker.leases` tells of it. */
export interface LeaseReport {
  /** The number that it has in the messages of the channels too. */
  lease: number
  /** Its name in the broker's options. */
  database: string
  /** The name of the task. Undefined outside of an executor, and of what is `kept`. */
  task: string | undefined
  /** Of the thread: 0 is the main thread. */
  threadId: number
  /**
   * - `waiting`: in the line for a connection;
   * - `preparing`: its connection is given the options of the lease;
   * - `held`;
   * - `cancelling`: a query of it is being cancelled;
   * - `recalled`: it is taken back, and its thread has not given up the connection yet;
   * - `kept`: no lease, but its thread keeps the connection for its next.
   */
  state: 'waiting' | 'preparing' | 'held' | 'cancelling' | 'recalled' | 'kept'
  /**
   * Since it was asked for, of one that waits; else since its grant. Of one that its thread has begun by itself, and of what is kept,
   * since the broker has seen it first, which is up to a quarter of a second later. In milliseconds.
   */
  ageMillis: number
  /** Of the server's process; undefined while it waits. */
  processId: number | undefined
  /** How its bytes go: through the socket that its thread has, or through the broker; undefined while it waits. */
  path: 'handed over' | 'relayed' | undefined
  /**
   * Why they are relayed: a reason of the connection; `thread`, which cannot use one with TLS; `crowded`: others waited at its
   * grant, and it has not sent enough to be worth a change, or the process has too many open files.
   */
  relayReason: RelayReason | 'thread' | 'crowded' | undefined
  /** The beginning of what it has sent last, without parameters; undefined unless the database has `showStatements`. */
  statement: string | undefined
}

/** What a report is made of. */
export interface ReportedLease {
  readonly number: number
  readonly request: { readonly database: string }
  readonly task: string | undefined
  readonly peer: LeasePeer
  readonly state: LeaseState
  readonly isKept: boolean
  readonly requestedAt: number
  readonly heldSince: number
  /** When its thread was last seen to have used the socket, where it has one. */
  readonly usedAt: number | undefined
  readonly connection: ServerConnection | undefined
}

const STATES: Record<LeaseState, LeaseReport['state'] | undefined> = {
  waiting: 'waiting',
  preparing: 'preparing',
  active: 'held',
  'handed-over': 'held',
  cancelling: 'cancelling',
  recalled: 'recalled',
  over: undefined,
}

/** @param showsStatements whether its thread writes into its cell what it sends. */
export function reportOf(lease: ReportedLease, showsStatements: boolean): LeaseReport {
  const { number, request, peer, isKept, connection } = lease
  const state = isKept ? 'kept' : STATES[lease.state]
  if (state === undefined) throw new Error('A lease was told of that is over')
  const path = pathOf(lease)
  return {
    lease: number,
    database: request.database,
    task: isKept ? undefined : lease.task,
    threadId: peer.threadId,
    state,
    ageMillis: performance.now() - since(lease, state),
    processId: connection?.processId,
    path,
    relayReason: path === 'relayed' ? relayReasonOf(connection!, peer) : undefined,
    statement: showsStatements ? peer.cell?.statement : undefined,
  }
}

function since({ requestedAt, heldSince, usedAt }: ReportedLease, state: LeaseReport['state']): number {
  if (state === 'waiting') return requestedAt
  return state === 'kept' ? usedAt! : heldSince
}

function pathOf({ state, connection }: ReportedLease): LeaseReport['path'] {
  if (connection === undefined) return undefined
  return state === 'handed-over' || state === 'recalled' ? 'handed over' : 'relayed'
}

function relayReasonOf(connection: ServerConnection, peer: LeasePeer): LeaseReport['relayReason'] {
  if (connection.relayReason !== undefined) return connection.relayReason
  return isLendable(connection, peer) || peer.speaksTls ? 'crowded' : 'thread'
}
