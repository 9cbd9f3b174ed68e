import { amountOf, LINE_BYTES, NARROW_QUERY, WIDE_QUERY, WIDE_ROWS } from '../server/data.js'
import type { Access, Row } from './access.js'
import { check, type Done, repeat } from './repeat.js'

const WIDE_SUM = sumOfAmounts(1, WIDE_ROWS)

/** Reads the table of many columns in one query, again and again. */
export function bulkRead(access: Access, { millis }: { millis: number }): Promise<Done> {
  return access.withConnection((connection) =>
    repeat(millis, async () => {
      const rows = await connection.query(WIDE_QUERY, [])
      check(rows.length === WIDE_ROWS && sumOf(rows) === WIDE_SUM, 'other rows than in the table')
      const { at, code, flag } = rows[2] as { at: Date; code: string; flag: boolean }
      check(at.getTime() === Date.UTC(2024, 0, 1, 0, 3) && code.length === 32 && flag, 'another third row')
      return rows.length
    }),
  )
}

/** Reads the rows `from` to `to` through a cursor. */
export function cursorRead(
  access: Access,
  { from, to, batch }: { from: number; to: number; batch: number },
): Promise<Done> {
  return access.withConnection((connection) =>
    repeat(0, async () => {
      let [count, sum] = [0, 0]
      for await (const rows of connection.cursor(NARROW_QUERY, [from, to], batch)) {
        count += rows.length
        sum += sumOf(rows)
      }
      check(count === to - from + 1 && sum === sumOfAmounts(from, to), 'other rows than in the table')
      return count
    }),
  )
}

/** Reads the table of lines by COPY. */
export function copyOut(access: Access, { lines }: { lines: number }): Promise<Done> {
  return access.withConnection((connection) =>
    repeat(0, async () => {
      let [bytes, checksum] = [0, 0]
      for await (const chunk of connection.copyOut('COPY lines TO STDOUT')) {
        // The first byte of a line is known wherever chunks are split: the line's number begins with zeros.
        const first = (LINE_BYTES - (bytes % LINE_BYTES)) % LINE_BYTES
        if (first < chunk.byteLength) checksum |= chunk[first]! ^ 48
        bytes += chunk.byteLength
      }
      check(bytes === lines * LINE_BYTES && checksum === 0, `${bytes} bytes, not the lines of the table`)
      return bytes
    }),
  )
}

/** How many lines are sent at a time. */
const LINES_A_CHUNK = 640

/** Writes lines by COPY; who runs it counts them in the table. */
export function copyIn(access: Access, { lines }: { lines: number }): Promise<Done> {
  return access.withConnection((connection) =>
    repeat(0, async () => {
      await connection.copyIn('COPY arrivals FROM STDIN', chunksOfLines(lines))
      return lines * LINE_BYTES
    }),
  )
}

function* chunksOfLines(lines: number): Generator<Buffer> {
  const line = `${'0123456789'.repeat(LINE_BYTES / 10).slice(1)}\n`
  const chunk = Buffer.from(line.repeat(LINES_A_CHUNK))
  for (let left = lines; left > 0; left -= LINES_A_CHUNK) {
    yield left >= LINES_A_CHUNK ? chunk : chunk.subarray(0, left * LINE_BYTES)
  }
}

function sumOf(rows: readonly Row[]): number {
  let sum = 0
  for (const row of rows) sum += row.amount as number
  return sum
}

function sumOfAmounts(from: number, to: number): number {
  let sum = 0
  for (let id = from; id <= to; id++) sum += amountOf(id)
  return sum
}
