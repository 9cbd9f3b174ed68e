import { numericText } from './binary-numeric.js'
import { dateText, intervalText, timestampText, timeText, timetzText } from './binary-time.js'

/** Makes the server's text of a value in its binary format. @throws where it is not in that format. */
export type ToText = (bytes: Buffer) => string

const utf8: ToText = (bytes) => bytes.toString('utf8')
const unsigned: ToText = (bytes) => String(bytes.readUInt32BE(0))
const float8 = (bytes: Buffer, at = 0) => floatText(bytes.readDoubleBE(at))
const hexPairs: ToText = (bytes) => bytes.toString('hex').replace(/..(?!$)/g, '$&:')

/** By the types' numbers, as in the server's catalog `pg_type`. */
const SCALARS: ReadonlyMap<number, ToText> = new Map<number, ToText>([
  [16, (bytes) => (bytes[0] === 0 ? 'f' : 't')],
  [17, (bytes) => `\\x${bytes.toString('hex')}`],
  [18, charText],
  [19, utf8],
  [20, (bytes) => String(bytes.readBigInt64BE(0))],
  [21, (bytes) => String(bytes.readInt16BE(0))],
  [23, (bytes) => String(bytes.readInt32BE(0))],
  [25, utf8],
  [26, unsigned],
  [28, unsigned],
  [29, unsigned],
  [114, utf8],
  [142, utf8],
  [600, (bytes) => `(${float8(bytes)},${float8(bytes, 8)})`],
  [700, (bytes) => floatText(shortest(bytes.readFloatBE(0)))],
  [701, (bytes) => float8(bytes)],
  [718, (bytes) => `<(${float8(bytes)},${float8(bytes, 8)}),${float8(bytes, 16)}>`],
  [774, hexPairs],
  [829, hexPairs],
  [1042, utf8],
  [1043, utf8],
  [1082, dateText],
  [1083, timeText],
  [1114, (bytes) => timestampText(bytes, '')],
  [1184, (bytes) => timestampText(bytes, '+00')],
  [1186, intervalText],
  [1266, timetzText],
  [1700, numericText],
  [2950, (bytes) => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')],
  // Behind the number of its version.
  [3802, (bytes) => bytes.toString('utf8', 1)],
])

/** Of the types above; those of others are not known here. */
const ARRAYS: ReadonlySet<number> = new Set([
  143, 199, 775, 1000, 1001, 1002, 1003, 1005, 1007, 1009, 1011, 1012, 1014, 1015, 1016, 1017, 1021, 1022,
  1028, 1040, 1115, 1182, 1183, 1185, 1187, 1231, 1270, 2951, 719, 3807,
])

/** Undefined for a type whose binary format is not known here. */
export function toTextOf(type: number): ToText | undefined {
  return SCALARS.get(type) ?? (ARRAYS.has(type) ? arrayText : undefined)
}

/** The type "char": one byte. */
function charText(bytes: Buffer): string {
  const byte = bytes[0]!
  if (byte === 0) return ''
  return byte < 0x80 ? String.fromCharCode(byte) : `\\${byte.toString(8)}`
}

function floatText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

/** The number of the fewest digits that is nearer to this float of four bytes than to any other. */
function shortest(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value
  for (let digits = 1; digits < 9; digits++) {
    const rounded = roundedTo(digits, value)
    // In the middle between two floats it would be as far from the other; the server takes more digits then.
    const other = 2 * rounded - value
    const isMiddle = rounded !== value && Math.fround(other) === other
    if (Math.fround(rounded) === value && !isMiddle) return rounded
  }
  return Number(value.toPrecision(9))
}

/** Of two that are equally near it is the one with the even digit, as of the server: JavaScript takes the larger. */
function roundedTo(digits: number, value: number): number {
  const longer = value.toPrecision(digits + 1)
  const isTie = Number(longer) === value && /[02468]\.?5(e|$)/.test(longer)
  return Number(isTie ? longer.replace(/5(?=e|$)/, '0') : value.toPrecision(digits))
}

/** As of the server, `MAXDIM`. */
const MOST_DIMENSIONS = 6

/** The number of dimensions, flags, the elements' type; each dimension's length and lower bound; then the elements, as in a row. */
function arrayText(bytes: Buffer): string {
  const dimensions = bytes.readInt32BE(0)
  if (dimensions === 0) return '{}'
  if (dimensions < 0 || dimensions > MOST_DIMENSIONS) throw new Error('an array of that many dimensions')
  const toText = SCALARS.get(bytes.readInt32BE(8))
  if (toText === undefined) throw new Error('an array of a type that is not its own')
  let at = 12
  const lengths: number[] = []
  let bounds = ''
  let isPlain = true
  for (let each = 0; each < dimensions; each++, at += 8) {
    const [length, lower] = [bytes.readInt32BE(at), bytes.readInt32BE(at + 4)]
    if (length < 1) throw new Error('an array with a dimension of no length')
    lengths.push(length)
    bounds += `[${lower}:${lower + length - 1}]`
    isPlain &&= lower === 1
  }
  const element = (): string => {
    const length = bytes.readInt32BE(at)
    at += 4
    if (length === -1) return 'NULL'
    if (length < 0 || at + length > bytes.byteLength)
      throw new Error('an array that tells of more than it holds')
    at += length
    return quoted(toText(bytes.subarray(at - length, at)))
  }
  const level = (depth: number): string => {
    const parts: string[] = []
    for (let each = 0; each < lengths[depth]!; each++)
      parts.push(depth === dimensions - 1 ? element() : level(depth + 1))
    return `{${parts.join(',')}}`
  }
  const values = level(0)
  return isPlain ? values : `${bounds}=${values}`
}

function quoted(value: string): string {
  if (!/^$|^null$|[{}",\\\s]/i.test(value)) return value
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}
