import type { LeaseReport, TaskReport } from '@pglease/broker'

/** What viewers are sent once a second, as JSON. All texts are of users, tasks and servers: none of it is markup. */
export interface Snapshot {
  /** Milliseconds of the epoch. */
  at: number
  /** Of the broker; undefined where it has none. */
  name: string | undefined
  state: string
  databases: DatabaseFigures[]
  /** Undefined where there are so many that to list them would take long. */
  leases: LeaseReport[] | undefined
  /** How many there are beyond those listed. */
  moreLeases: number
  /** Undefined where the dashboard has no executor. */
  tasks: TaskFigures | undefined
  loop: LoopFigures
  /** The latest first. */
  warnings: ShownWarning[]
}

export interface DatabaseFigures {
  name: string
  paused: boolean
  min: number
  max: number
  connecting: number
  idle: number
  leased: number
  /** Of those idle, the ones that threads keep for their next lease. */
  kept: number
  settling: number
  waiting: number
  /** Since the broker was made. */
  leases: number
  timeouts: number
  refused: number
  revoked: number
  connectFailures: number
  lost: number
  /** Of all leases, the part whose thread had the socket. */
  handedOverShare: number
  /** Since the last snapshot, a second. */
  leasesPerSecond: number
  bytesToServerPerSecond: number
  bytesFromServerPerSecond: number
  /** Of those that ended since the last snapshot. */
  wait: Times
  hold: Times
  server: ServerView
}

export interface Times {
  count: number
  p50: number
  p99: number
  max: number
}

export interface TaskFigures {
  queued: number
  running: TaskReport[]
  /** Since the last snapshot, a second. */
  startedPerSecond: number
  endedPerSecond: number
  /** Since somebody watches. */
  failed: number
  aborted: number
}

export interface LoopFigures {
  /** By how much timers of the main thread came late since the last snapshot but one. */
  delay: Times
  /** The part of the time since the last snapshot in which it did not wait, from 0 to 1. */
  busy: number
}

export interface ShownWarning {
  number: number
  at: number
  code: string
  message: string
  /** How often its cause has come; undefined for those that are not counted. */
  count: number | undefined
}

/** What the server says of the connections of one database. */
export type ServerView =
  /** Nobody has asked it yet. */
  | { state: 'unasked' }
  /** It is not asked, and why. */
  | { state: 'off' | 'paused' | 'full' | 'none open' }
  | { state: 'failed'; at: number; error: string }
  | ({ state: 'told'; at: number } & ServerAnswer)

export interface ServerAnswer {
  /** Clients of the server, whoever they are. */
  clients: number
  /** Its `max_connections`. */
  maxClients: number
  /**
   * Since the look before: of all clients of this database on the server. A query outside of a transaction is one. Null at the first
   * look.
   */
  transactionsPerSecond: number | null
  /** Those of this role, database, address and `application_name`. */
  connections: ServerConnection[]
}

interface ServerConnection {
  pid: number
  /** `active`, `idle`, `idle in transaction`, …; null for what the role may not see. */
  state: string | null
  waitType: string | null
  wait: string | null
  stateMillis: number | null
  /** Whether it was the one that asked. */
  asks: boolean
  query: string | null
}
