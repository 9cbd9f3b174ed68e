import { MOST_UNSEEN_LEASES } from './hold-times.js'

/** Leases of more tasks than this a thread begins with the broker, to which a request tells the name. */
const MOST_TASKS = 8

/** Of each name: how many bytes it has, and these. */
const NAME_BYTES = 64

/** Of no task. */
const NONE = 0

/**
 * In turns, a byte for each lease. At least twice as many as the broker may not have seen, because it reads whose they were when
 * it has made room for others; and as many as end in front of a whole word.
 */
const NUMBERS = Math.ceil((2 * MOST_UNSEEN_LEASES) / 8) * 8

export const LEASE_TASKS_BYTES = NUMBERS + MOST_TASKS * NAME_BYTES

/**
 * Which task each lease is of that a thread has begun without a word, in memory that the broker sees as well. A task gets a
 * number with its first such lease; its name stands there from then on, as long as the thread has the socket.
 */
export class LeaseTasks {
  readonly #numbers: Uint8Array
  readonly #names: Buffer
  /** By the thread: what has been given. */
  readonly #given = new Map<string, number>()
  /** By the broker: what has been read, by number. */
  #read: string[] = []

  constructor(memory: SharedArrayBuffer, byteOffset: number) {
    this.#numbers = new Uint8Array(memory, byteOffset, NUMBERS)
    this.#names = Buffer.from(memory as never, byteOffset + NUMBERS, MOST_TASKS * NAME_BYTES)
  }

  /** By each side, for a new loan. */
  clear(): void {
    this.#given.clear()
    this.#read = []
  }

  /** By the thread, before it begins a lease. False where there is no room for the name. */
  write(lease: number, task: string | undefined): boolean {
    const number = task === undefined ? NONE : (this.#given.get(task) ?? this.#give(task))
    if (number === undefined) return false
    this.#numbers[lease % NUMBERS] = number
    return true
  }

  /** By the broker. The memory is the thread's as well, and the name may be any. */
  read(lease: number): string | undefined {
    const number = this.#numbers[lease % NUMBERS]!
    if (number === NONE || number > MOST_TASKS) return undefined
    this.#read[number] ??= this.#name(number)
    return this.#read[number]
  }

  #give(task: string): number | undefined {
    const number = this.#given.size + 1
    const bytes = Buffer.from(task)
    if (number > MOST_TASKS || bytes.byteLength >= NAME_BYTES) return undefined
    const at = (number - 1) * NAME_BYTES
    this.#names[at] = bytes.byteLength
    this.#names.set(bytes, at + 1)
    this.#given.set(task, number)
    return number
  }

  #name(number: number): string {
    const at = (number - 1) * NAME_BYTES
    const length = Math.min(this.#names[at]!, NAME_BYTES - 1)
    return this.#names.toString('utf8', at + 1, at + 1 + length)
  }
}
