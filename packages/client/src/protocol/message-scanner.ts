import { ProtocolError } from '../common/errors.js'

/** A type byte and a length of four bytes, which counts itself but not the type. */
const headerBytes = 5
const minLength = 4
/** The server can build or read none that is longer (`MaxAllocSize` in its source). */
const maxLength = 2 ** 30 + 4

/** Where a scanner stands: between two chunks. */
export interface ScannerState {
  type: number
  first: number
  held: number
  length: number
  missing: number
}

/** Whether a value of another thread's can be one. */
export function isScannerState(value: unknown): value is ScannerState {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 5) return false
  const { type, first, held, length, missing } = value as Partial<ScannerState>
  const isHeader = isWithin(type, 0, 255) && isWithin(first, -1, 255) && isWithin(held, 0, headerBytes)
  return isHeader && isWithin(length, 0, maxLength) && isWithin(missing, 0, maxLength)
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most
}

/**
 * Frames one direction of the protocol: tells where each message ends, without copying or parsing it.
 *
 * ```ts
 * for (let at = scanner.next(chunk, 0); at !== -1; at = scanner.next(chunk, at)) handle(scanner.type)
 * ```
 */
export class MessageScanner {
  /** Type byte of the message last found, or of the one that the last chunk ended in. */
  type = 0
  /** First body byte of the message last found, -1 if its body is empty. */
  first = -1

  readonly #types: Uint8Array
  /** Header bytes seen of the message that the last chunk ended in; 0 at a boundary. */
  #held = 0
  /** Its length field, as far as it has been read. */
  #length = 0
  /** Its body bytes still to come, once the header is whole. */
  #missing = 0

  /** @param types the type bytes this direction may carry, see `typeSet` */
  constructor(types: Uint8Array) {
    this.#types = types
  }

  /** Whether the bytes so far end with a whole message. */
  get atBoundary(): boolean {
    return this.#held === 0
  }

  /**
   * Finds the next message of which all bytes have come. Call it with `at` 0 for each new chunk, then with what
   * it returned, until that is -1.
   *
   * @returns the offset just after the message, or -1 when the rest of the chunk holds no end of a message
   * @throws ProtocolError if the bytes cannot be a message of this direction; the scanner is of no use then
   */
  next(chunk: Uint8Array, at: number): number {
    const body = at + headerBytes
    if (this.#held !== 0 || body > chunk.length) return this.#resume(chunk, at)
    const type = chunk[at]!
    const length = (chunk[at + 1]! << 24) | (chunk[at + 2]! << 16) | (chunk[at + 3]! << 8) | chunk[at + 4]!
    const end = at + 1 + length
    if (end > chunk.length || length < minLength || this.#types[type] !== 1) return this.#resume(chunk, at)
    this.type = type
    this.first = length > minLength ? chunk[body]! : -1
    return end
  }

  /** Forgets the message that the last chunk ended in, for bytes that are not passed on. */
  dropPartial(): void {
    this.#held = 0
  }

  save(): ScannerState {
    return {
      type: this.type,
      first: this.first,
      held: this.#held,
      length: this.#length,
      missing: this.#missing,
    }
  }

  restore({ type, first, held, length, missing }: ScannerState): void {
    this.type = type
    this.first = first
    this.#held = held
    this.#length = length
    this.#missing = missing
  }

  /** The slow path: headers byte by byte, bodies that span chunks, and everything that is refused. */
  #resume(chunk: Uint8Array, from: number): number {
    let at = from
    while (this.#held < headerBytes) {
      if (at === chunk.length) return -1
      this.#readHeaderByte(chunk[at]!)
      at++
    }
    const here = chunk.length - at
    if (here > 0 && this.#missing > 0 && this.#missing === this.#length - minLength) this.first = chunk[at]!
    if (here < this.#missing) {
      this.#missing -= here
      return -1
    }
    this.#held = 0
    return at + this.#missing
  }

  #readHeaderByte(byte: number): void {
    if (this.#held === 0) {
      if (this.#types[byte] !== 1) throw new ProtocolError(`No message begins with the byte ${byte}`)
      this.type = byte
      this.first = -1
      this.#length = 0
    } else {
      this.#length = (this.#length << 8) | byte
    }
    this.#held++
    if (this.#held < headerBytes) return
    if (this.#length < minLength || this.#length > maxLength) {
      throw new ProtocolError(
        `A message of type ${String.fromCharCode(this.type)} has the length ${this.#length}`,
      )
    }
    this.#missing = this.#length - minLength
  }
}
