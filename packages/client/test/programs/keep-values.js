/**
 * Parses rows with two short values and a long one, and keeps the short ones: prints how many bytes it has more for each.
 * Run with --expose-gc.
 */
import { RowParser } from '../../dist/protocol/row-parser.js'

const ROWS = 20_000

const values = ['twelve bytes', 'thirteen byte', 'x'.repeat(2000)].map((value) => Buffer.from(value))
const parts = values.flatMap((value) => [int32(value.length), value])
const body = Buffer.concat([Buffer.from([0, values.length]), ...parts])
const row = Buffer.concat([Buffer.from('D'), int32(4 + body.length), body])

function int32(value) {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

const parser = new RowParser()
const kept = []
const parse = () => parser.parse(Buffer.from(row), ({ fields }) => kept.push(fields[0], fields[1]))
globalThis.gc()
const before = process.memoryUsage().heapUsed
for (let count = 0; count < ROWS; count++) parse()
globalThis.gc()
console.log((process.memoryUsage().heapUsed - before) / ROWS)
if (kept.length !== 2 * ROWS) throw new Error(`${kept.length} values were kept`)
