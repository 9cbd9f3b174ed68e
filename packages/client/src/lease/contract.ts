import type { ResetForm } from '../protocol/reset-ahead.js'
import type { SessionSnapshot } from '../protocol/session-tracker.js'
import type { Address } from '../socket/openssl.js'
import type { StatementsOfLease } from './kept-statements.js'

/**
 * What crosses between a worker thread and the broker. Control is a Comlink proxy, one per thread; each lease port
 * carries the frames of one lease after another. A thread's lease ports are channels of one MessagePort.
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

/** The most characters of a name in a request. */
export const MOST_NAME = 1024

/** The most characters of a request's `openedAt`. */
export const MOST_STACK = 16 * 1024

/** The control port: the only methods that a worker can reach. */
export interface BrokerControl {
  /** Once per thread, before its first lease. */
  hello(): BrokerInfo
  /** Blocks the broker's thread: see `Standstill`. Once per thread. */
  standStill(memory: SharedArrayBuffer): void
  /**
   * Once per thread: gives the broker the port of the thread's lease ports, which are `Channels` on it.
   * @param speaksTls whether the thread can have the sockets of connections with TLS.
   */
  serveLeases(port: unknown, speaksTls: boolean): void
}

/** As `pg.Client` has it of itself, on the broker's thread. */
export interface ServerAddress {
  /** Or the folder of its Unix socket. */
  host: string
  port: number
  user: string
  /** Its name on the server. */
  database: string
}

/** Until the lease ends, or until the connection is closed. */
export type KeepingSpan = 'lease' | 'connection'

export interface BrokerInfo {
  /** The databases that this thread may lease, and where their servers are as far as that is known. */
  databases: ReadonlyMap<string, ServerAddress | undefined>
  /** For how long their connections may keep a statement; a database that is not named keeps none. */
  keeping: ReadonlyMap<string, KeepingSpan>
  /** Those of which the broker wants to know what was sent last. */
  showing: ReadonlySet<string>
  /** Those whose server is to be told of which task a query is. */
  naming: ReadonlySet<string>
  /** Whether requests should say where they were opened. */
  traceLeases: boolean
  /** Whether some of their connections have TLS. */
  usesTls: boolean
  /** Of the broker's own thread. */
  threadId: number
}

export const CONTROL_METHODS: readonly (keyof BrokerControl)[] = ['hello', 'standStill', 'serveLeases']

/**
 * Worker to broker, in order: `OpenFrame`; from the grant on bytes and acknowledgements, and perhaps an `AskFrame`, unless
 * the thread has the socket; `'cancel'`, or `'cancel and tell'` from a thread that has it; perhaps `'read only'`, when the server has
 * refused to write for that; perhaps a `NotAwaitedFrame`; perhaps `'aborted'`, when its holder gives it back because of an abort; then
 * `'release'` or `'destroy'`, or a `ReturnFrame` from a thread that has it. The lease is over for the worker once that last frame is
 * posted; the next `OpenFrame` may follow at once. A thread may also keep the socket at the end of a lease, and begin the
 * next without a frame: see `SessionCell`.
 */
export type WorkerFrame =
  | OpenFrame
  | Uint8Array
  | Acknowledgement
  | AskFrame
  | 'cancel'
  | 'cancel and tell'
  | 'read only'
  | 'aborted'
  | NotAwaitedFrame
  | AgainFrame
  | 'release'
  | 'destroy'
  | ReturnFrame

/**
 * Broker to worker, in order: `GrantFrame` or `RevokeFrame`; after a grant bytes and acknowledgements, or `'cancelled'`
 * to a thread that has the socket; at the most one `RevokeFrame` ends it. A relayed lease is granted again when another
 * connection serves it, because the first could not be reset. `'taken'` to a thread that has kept a socket.
 */
export type BrokerFrame = GrantFrame | Uint8Array | Acknowledgement | 'cancelled' | 'taken' | RevokeFrame

export interface OpenFrame {
  /** The number of this lease on its port. What the broker still sends for an earlier one is dropped by it. */
  open: number
  request: LeaseRequest
  /** The first bytes to the server. */
  bytes: Uint8Array
}

/** What serves a lease. */
export interface ServerProcess {
  /** As `pg_backend_pid()` gives it. */
  readonly processId: number
  /** As the server reports it. */
  readonly serverVersion: string
  /** Where the database's connections keep statements from one lease to the next. */
  readonly statements?: StatementsOfLease | undefined
}

export interface GrantFrame extends ServerProcess {
  grant: number
  /** The first bytes from the server. */
  bytes: Uint8Array | undefined
  /** Given to a thread that takes sockets. What it wrote before has been sent; from here on it reads and writes. */
  socket?: GrantedSocket | undefined
  /** Whether the thread may ask for the socket later. */
  isAskable?: boolean
}

/** Bytes to the server, and the wish to have the socket: answered by another `GrantFrame`, with a socket or not. */
export interface AskFrame {
  ask: Uint8Array
}

export interface GrantedSocket {
  /** The thread's own descriptor, once it has claimed it: see `SessionCell`. */
  descriptor: number
  /** The TLS session that goes with it. */
  tls: Address | undefined
  /** Of the reset whose answer comes first; undefined where none does. */
  reset: ResetForm | undefined
  /** For how long the thread may keep the socket from one lease to its next. */
  keepMillis: number
  /** Where the session stands that the thread has asked for. Undefined at a lease's beginning. */
  session?: SessionSnapshot
}

/**
 * The worker is done, but what it has sent is not answered: it ends the lease when that has come. The broker waits for so
 * long, but no longer than `cancelTimeoutMillis` from the grant on.
 */
export interface NotAwaitedFrame {
  /** The beginning of the first query's text. */
  notAwaited: string
  /** The task's name, where there is one: the lease may have begun without the broker. */
  task: string | undefined
}

/** From a thread that has the socket: the session was not reset, so another connection is needed for what was sent. */
export interface AgainFrame {
  again: Uint8Array
  reopened?: ReopenedLease | undefined
}

/** A lease that began without the broker. */
export interface ReopenedLease {
  heldMillis: number
  request: LeaseRequest
}

/** A thread that has the socket gives it back. It has closed its duplicate. */
export interface ReturnFrame {
  back: 'release' | 'destroy'
  session: ReturnedSession
  reopened?: ReopenedLease | undefined
}

/**
 * - `idle`: in step, nothing owed, no transaction, no setting reported;
 * - `untouched`: nothing was read or written;
 * - `unknown`: it is in the middle of something that cannot be told;
 * - `lost`: the server has closed the connection;
 * - `behindReset`: the thread has sent a reset and these bytes, which may be none, and nothing has been read.
 */
export type ReturnedSession =
  | 'idle'
  | 'untouched'
  | 'unknown'
  | 'lost'
  | { behindReset: Uint8Array }
  | SessionSnapshot

export interface RevokeFrame {
  revoke: number
  /** Of `toWire`. */
  error: unknown
}

/** So many bytes of those received are dealt with. */
export type Acknowledgement = number
