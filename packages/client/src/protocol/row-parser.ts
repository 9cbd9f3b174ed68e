import { Parser } from 'pg-protocol/dist/parser.js'
import { ProtocolError } from '../common/errors.js'
import { DataRow, ErrorResponse, RowDescription } from './backend-types.js'
import { type ToText, toTextOf } from './binary-text.js'
import { isLastWord } from './last-word.js'
import { isSound } from './message-checks.js'

/** A message of the server's, as `pg` has it. */
export interface Message {
  readonly name: string
}

/** A RowDescription, of which the next rows are. */
interface Description extends Message {
  readonly fields: { format: string; readonly dataTypeID: number }[]
}

/** A DataRow. */
class Row implements Message {
  readonly length: number
  readonly fields: (string | Buffer | null)[]
  readonly name = 'dataRow'
  readonly fieldCount: number

  constructor(length: number, fields: (string | Buffer | null)[]) {
    this.length = length
    this.fields = fields
    this.fieldCount = fields.length
  }
}

/** What is done with a value: it is a text, its text is made, or it is of a type that is not known here. */
type Format = 'text' | ToText | 'bytes'

/** `Parser`, of which the types tell little. */
const UntypedParser = Parser as unknown as new () => {
  parse(bytes: Buffer, callback: (message: Message) => void): void
  handlePacket(body: number, type: number, length: number, bytes: Buffer): Message
}

/** What `toString` comes to, once it has looked up the encoding: half of its time for a short value. Not documented. */
type Bytes = Buffer & { utf8Slice(start: number, end: number): string }

/** The length of a message counts itself, and so do those of a row's values. */
const LENGTH_BYTES = 4

const UNSOUND = 'it tells of more than it holds'

/** The longest part of a string that V8 copies; a longer one would keep the whole string in memory. */
const SHORT_BYTES = 12

/** How much text is made at a time. With more, what lies between short values would cost more than they do. */
const WINDOW_BYTES = 1024

/**
 * The parser of `pg`, faster with rows, and safe from what no server should send. To make a string of some bytes costs a
 * call into native code, about as much as ten short strings cut from another: so one is made for the values of many rows,
 * and the short ones are cut from it.
 */
export class RowParser extends UntypedParser {
  /** The bytes from `#from` to `#to`, a character for each. */
  #text = ''
  #from = 0
  #to = 0

  /** Of the values of each row; undefined where all are texts. */
  #formats: readonly Format[] | undefined

  /** What `parse` has thrown that is not the callback's. */
  fault: ProtocolError | undefined
  /** The server's last word: it closes the connection. */
  lastWord: Message | undefined

  /** @throws ProtocolError for a message that cannot be read; the parser is of no use then. */
  override parse(bytes: Buffer, callback: (message: Message) => void): void {
    this.#from = this.#to = 0
    super.parse(bytes, callback)
  }

  override handlePacket(body: number, type: number, length: number, bytes: Buffer): Message {
    const end = body + length - LENGTH_BYTES
    try {
      if (type === DataRow) return new Row(length, this.#values(body, end, bytes as Bytes))
      if (!isSound(type, bytes, body, end)) throw new Error(UNSOUND)
      const message = super.handlePacket(body, type, length, bytes)
      if (type === RowDescription) this.#describe(message as Description)
      if (type === ErrorResponse && isLastWord(bytes, body, end)) this.lastWord = message
      return message
    } catch (cause) {
      const message = `A message of type ${String.fromCharCode(type)} cannot be read: ${(cause as Error).message}`
      this.fault = new ProtocolError(message, { cause })
      throw this.fault
    }
  }

  /**
   * `pg` passes bytes through a text, and its own parsers of binary formats fail for many values: so the text is made of the
   * bytes here, and parsed as any.
   */
  #describe({ fields }: Description): void {
    this.#formats = undefined
    if (!fields.some(({ format }) => format === 'binary')) return
    this.#formats = fields.map((field) => {
      if (field.format !== 'binary') return 'text'
      const toText = toTextOf(field.dataTypeID)
      if (toText === undefined) return 'bytes'
      field.format = 'text'
      return toText
    })
  }

  /** DataRow: the number of values, then each behind its length, which is -1 for NULL (chapter 54.7). */
  #values(body: number, last: number, bytes: Bytes): (string | Buffer | null)[] {
    let at = body + 2
    const count = at > last ? -1 : bytes.readInt16BE(body)
    // Each takes its length at least.
    if (count < 0 || at + LENGTH_BYTES * count > last) throw new Error(UNSOUND)
    const values: (string | Buffer | null)[] = new Array(count)
    const formats = this.#formats
    for (let index = 0; index < count; index++) {
      const length = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
      at += LENGTH_BYTES
      const end = length === -1 ? at : at + length
      if (end < at || end > last) throw new Error(UNSOUND)
      if (length === -1) values[index] = null
      else if (formats !== undefined) values[index] = formatted(formats[index]!, bytes.subarray(at, end))
      else if (length <= SHORT_BYTES && isAscii(bytes, at, end)) values[index] = this.#cut(bytes, at, end)
      else values[index] = bytes.utf8Slice(at, end)
      at = end
    }
    return values
  }

  #cut(bytes: Buffer, start: number, end: number): string {
    if (end > this.#to) {
      this.#from = start
      this.#to = Math.min(start + WINDOW_BYTES, bytes.byteLength)
      this.#text = bytes.toString('latin1', this.#from, this.#to)
    }
    return this.#text.substring(start - this.#from, end - this.#from)
  }
}

function formatted(format: Format, bytes: Buffer): string | Buffer {
  if (format === 'text') return bytes.toString('utf8')
  // What has been parsed is overwritten.
  return format === 'bytes' ? Buffer.from(bytes) : format(bytes)
}

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  let all = 0
  for (let at = start; at < end; at++) all |= bytes[at]!
  return all < 0x80
}
