import { createHash } from 'node:crypto'

/** The most statements that a connection's server keeps. One of a join of ten tables takes it 100 KB. */
export const MOST_KEPT = 100

/**
 * Added to the number of the lease that has the connection, or has had it, where its statements may outlive it. Else what it sends
 * is not looked at, or not yet, or may have changed what they mean: all are to go at its end.
 */
const GOOD = 1
const NEXT_LEASE = 2

/** Of the reset that a thread has sent last. */
const [DROPS_ALL, KEEPS] = [0, 1]

/** Indices of words. A statement has four, of a hash of its text. */
const [LEASE, RESET, COUNT, FIRST] = [0, 1, 2, 4]
const WORDS_EACH = 4

const WORDS = FIRST + MOST_KEPT * WORDS_EACH

/** What names a statement. */
export interface StatementId {
  /** On the server, which heeds the first 63 bytes. */
  readonly name: string
  /** The beginning of the same hash. */
  readonly words: readonly [number, number, number, number]
}

/**
 * The same for the same text, and for no other: the session may be one that another thread or, behind a pooler, another client
 * has used.
 * @param text may be its bytes.
 */
export function statementId(text: string | Uint8Array): StatementId {
  const hash = createHash('sha256').update(text).digest()
  return {
    name: `pglease: ${hash.toString('base64url')}`,
    words: [hash.readInt32LE(0), hash.readInt32LE(4), hash.readInt32LE(8), hash.readInt32LE(12)],
  }
}

/** As a thread is told of it. */
export interface StatementsOfLease {
  readonly memory: SharedArrayBuffer
  readonly lease: number
}

/**
 * Which statements the server keeps for a connection from one lease to the next, in memory that the broker and the threads
 * see. Who has the connection reads and writes it. It may know less than the server has: a statement is closed before it is
 * parsed. Should it say more than the server has, the server refuses the statement, and it is sent again with its text.
 */
export class KeptStatements {
  /** For another thread. */
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array
  /** A thread may hear of its lease when that is over, and the connection another's. */
  #lease: number

  constructor({ memory, lease }: StatementsOfLease = { memory: newMemory(), lease: 0 }) {
    this.memory = memory
    this.#words = new Int32Array(memory)
    this.#lease = lease
  }

  /** Of whom this is. */
  get ofLease(): StatementsOfLease {
    return { memory: this.memory, lease: this.#lease }
  }

  /** A lease begins, and nothing is known of what it will send. */
  begin(): void {
    this.#lease = ((Atomics.load(this.#words, LEASE) & ~GOOD) + NEXT_LEASE) | 0
    Atomics.store(this.#words, LEASE, this.#lease)
  }

  /** By a client that looks at all that its lease sends, and tells by `spoil`. */
  watch(): void {
    Atomics.compareExchange(this.#words, LEASE, this.#lease, this.#lease + GOOD)
  }

  /** The server is to drop all statements at the end of the lease. */
  spoil(): void {
    Atomics.compareExchange(this.#words, LEASE, this.#lease + GOOD, this.#lease)
  }

  get isGood(): boolean {
    return (Atomics.load(this.#words, LEASE) & GOOD) === GOOD
  }

  /**
   * The session is about to be reset.
   * @returns whether the reset may leave the statements. If not, none is known from here on.
   */
  reset(): boolean {
    const keeps = this.isGood
    Atomics.store(this.#words, RESET, keeps ? KEEPS : DROPS_ALL)
    if (!keeps) Atomics.store(this.#words, COUNT, 0)
    return keeps
  }

  /** Of the reset that was sent last. */
  get resetKeeps(): boolean {
    return Atomics.load(this.#words, RESET) === KEEPS
  }

  has(id: StatementId): boolean {
    return this.#find(id) !== -1
  }

  /** The server has parsed it. @returns false when it keeps as many as it may. */
  add(id: StatementId): boolean {
    if (this.has(id)) return true
    const count = this.#count
    if (count === MOST_KEPT) return false
    this.#words.set(id.words, FIRST + count * WORDS_EACH)
    this.#words[COUNT] = count + 1
    return true
  }

  /** The server does not keep it any more. */
  remove(id: StatementId): void {
    const at = this.#find(id)
    if (at === -1) return
    const last = FIRST + (this.#count - 1) * WORDS_EACH
    this.#words.copyWithin(at, last, last + WORDS_EACH)
    this.#words[COUNT]!--
  }

  /** As far as the memory can be right. */
  get #count(): number {
    return Math.min(Math.max(0, this.#words[COUNT]!), MOST_KEPT)
  }

  #find({ words: [first, second, third, fourth] }: StatementId): number {
    const words = this.#words
    const end = FIRST + this.#count * WORDS_EACH
    for (let at = FIRST; at < end; at += WORDS_EACH) {
      if (words[at] !== first || words[at + 1] !== second) continue
      if (words[at + 2] === third && words[at + 3] === fourth) return at
    }
    return -1
  }
}

function newMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT)
}
