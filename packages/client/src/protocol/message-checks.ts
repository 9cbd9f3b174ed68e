import * as Backend from './backend-types.js'

/** Whether a message keeps what is told of its body: see `isSound`. `end` is just behind it. */
type Check = (bytes: Uint8Array, at: number, end: number) => boolean

/** Bytes of a fixed number, behind which there may be more. */
const fixed =
  (count: number): Check =>
  (_bytes, at, end) =>
    at + count <= end

/** So many texts, each with a zero byte at its end. */
const texts =
  (count: number, before = 0): Check =>
  (bytes, from, end) => {
    let at = from + before
    for (let index = 0; index < count && at !== -1; index++) at = behindText(bytes, at, end)
    return at !== -1
  }

/** Texts, each behind a byte that says what it is, up to a zero byte. */
const fields: Check = (bytes, from, end) => {
  let at = from
  while (at < end && bytes[at] !== 0) {
    at = behindText(bytes, at + 1, end)
    if (at === -1) return false
  }
  return at < end
}

/** A number of entries, behind `before` bytes, then each in so many bytes. */
const entries =
  (size: number, before = 0): Check =>
  (bytes, from, end) => {
    const at = from + before
    if (at + 2 > end) return false
    const count = signed16(bytes, at)
    return count >= 0 && at + 2 + size * count <= end
  }

const COLUMN_COUNT = entries(0)

const rowDescription: Check = (bytes, from, end) => {
  if (!COLUMN_COUNT(bytes, from, end)) return false
  let at = from + 2
  for (let left = signed16(bytes, from); left > 0; left--) {
    at = behindText(bytes, at, end)
    if (at === -1 || at + COLUMN_BYTES > end) return false
    at += COLUMN_BYTES
  }
  return true
}

const authentication: Check = (bytes, from, end) => {
  let at = from + 4
  if (at > end || bytes[at - 1] !== SASL) return at <= end
  // A list of names, up to an empty one.
  while (at < end && bytes[at] !== 0) {
    at = behindText(bytes, at, end)
    if (at === -1) return false
  }
  return at < end
}

/** Of a RowDescription, behind the name of a column. */
const COLUMN_BYTES = 18

/** Asks for SASL; the last byte of a number of four. */
const SASL = 10

const CHECKS: readonly (Check | undefined)[] = Object.assign(
  new Array<Check | undefined>(256).fill(undefined),
  {
    [Backend.Authentication]: authentication,
    [Backend.BackendKeyData]: fixed(8),
    [Backend.CommandComplete]: texts(1),
    [Backend.CopyInResponse]: entries(2, 1),
    [Backend.CopyOutResponse]: entries(2, 1),
    [Backend.ErrorResponse]: fields,
    [Backend.NoticeResponse]: fields,
    [Backend.NotificationResponse]: texts(2, 4),
    [Backend.ParameterDescription]: entries(4),
    [Backend.ParameterStatus]: texts(2),
    [Backend.ReadyForQuery]: fixed(1),
    [Backend.RowDescription]: rowDescription,
  },
)

/**
 * Whether every length and every end that a message of the server's tells of lies within the message: `pg` believes them,
 * reads what is behind, and for a field without an end it reads for ever. A DataRow is looked at where it is parsed, and what
 * is not named here is not read.
 */
export function isSound(type: number, bytes: Uint8Array, at: number, end: number): boolean {
  return CHECKS[type]?.(bytes, at, end) ?? true
}

/** As `pg` reads it. */
function signed16(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) >> 16) | bytes[at + 1]!
}

/** Where the text has its end; -1 where it has none. */
function behindText(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && bytes[at] !== 0) at++
  return at < end ? at + 1 : -1
}
