/** The message by which the server says that a command is complete, with its tag, such as `DISCARD ALL` or `SELECT 1`. */
export function commandComplete(tag: string): Uint8Array {
  const text = Buffer.from(`${tag}\0`)
  const message = Buffer.concat([Buffer.from('C\0\0\0\0', 'latin1'), text])
  message.writeInt32BE(4 + text.length, 1)
  return message
}

const NOTHING = new Uint8Array(0)

/** Compares messages that end in a chunk with one that is expected, wherever the chunks are cut. */
export class MessageMatch {
  readonly #message: Uint8Array
  /** The last bytes of the chunks before, as many as the message may have there. */
  #before = NOTHING

  constructor(message: Uint8Array) {
    this.#message = message
  }

  /** Whether the message that ends there is the expected one, or one that is not longer. */
  endsAt(chunk: Uint8Array, end: number, message = this.#message): boolean {
    const before = this.#before
    for (let index = 0, at = end - message.length; index < message.length; index++, at++) {
      if (message[index] !== (at < 0 ? before[before.length + at] : chunk[at])) return false
    }
    return true
  }

  /** The chunk is over, in the middle of a message. */
  passed(chunk: Uint8Array): void {
    this.#before = Buffer.concat([this.#before, chunk]).subarray(-this.#message.length)
  }
}
