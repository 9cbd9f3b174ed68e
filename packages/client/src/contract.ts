import { MessagePort } from 'node:worker_threads'

/**
 * What crosses between a worker thread and the broker. Control is a Comlink proxy, one per thread; each lease port
 * carries the frames of one lease after another.
 */

export type IsolationLevel = 'read uncommitted' | 'read committed' | 'repeatable read' | 'serializable'

/** What a lease is asked for with. Every field has the database's own setting as its default. */
export interface LeaseOptions {
  /** The name in the broker's `databases`. Default: `default`. */
  database?: string
  /** The isolation level of the lease's transactions that do not say their own. */
  isolationLevel?: IsolationLevel
  /** Whether the lease's transactions are read-only unless they say otherwise. */
  readOnly?: boolean
  /** Whether serializable read-only transactions wait for a safe snapshot. */
  deferrable?: boolean
  /**
   * Who goes first while connections are scarce. A lease of priority `n` is served as if it had come `n` seconds
   * earlier, so nobody waits for ever. Default: 0.
   */
  priority?: number
  /** The longest wait for a connection, in milliseconds; 0 waits without end. Default: the database's. */
  connectionTimeoutMillis?: number
}

/** A lease as the worker asks for it: its options, and what names it in errors and warnings. */
export interface LeaseRequest extends LeaseOptions {
  database: string
  /** The task's name, where there is one. */
  task?: string
  /** The stack of the call that opened the lease; only sent while the broker looks for leaks. */
  openedAt?: string
}

/** The control port: the only methods that a worker can reach. */
export interface BrokerControl {
  /** Once per thread, before its first lease. */
  hello(): BrokerInfo
  /** Gives the broker the other end of a new lease port. */
  addLeasePort(port: unknown): void
}

export interface BrokerInfo {
  /** The databases that this thread may lease. */
  databases: string[]
  /** Whether requests should say where they were opened. */
  traceLeases: boolean
}

export const CONTROL_METHODS: readonly (keyof BrokerControl)[] = ['hello', 'addLeasePort']

/** A thread asks the broker for its control port by posting this once to its parent. */
export interface AttachRequest {
  '@pglease/attach': unknown
  threadId: number
}

export function isAttachRequest(message: unknown): message is AttachRequest {
  return Object(message)['@pglease/attach'] instanceof MessagePort
}

/**
 * Worker to broker, in order: `OpenFrame`, then bytes, acknowledgements and `'cancel'`, then `'release'` or
 * `'destroy'`. The lease is over for the worker once that last frame is posted; the next `OpenFrame` may follow at once.
 */
export type WorkerFrame = OpenFrame | Uint8Array | Acknowledgement | 'cancel' | 'release' | 'destroy'

/** Broker to worker, in order: `GrantFrame` or `RevokeFrame`; after a grant bytes and acknowledgements; at the most one `RevokeFrame` ends it. */
export type BrokerFrame = GrantFrame | Uint8Array | Acknowledgement | RevokeFrame

export interface OpenFrame {
  /** The number of this lease on its port. What the broker still sends for an earlier one is dropped by it. */
  open: number
  request: LeaseRequest
  /** The first bytes to the server. */
  bytes: Uint8Array
}

export interface GrantFrame {
  grant: number
  /** The server process, as `pg_backend_pid()` gives it. */
  processId: number
  /** The first bytes from the server. */
  bytes: Uint8Array | undefined
}

export interface RevokeFrame {
  revoke: number
  /** Of `toWire`. */
  error: unknown
}

/** So many bytes of those received are dealt with. */
export type Acknowledgement = number
