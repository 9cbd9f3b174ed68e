import { wrong } from '../plan.js'
import type { Work } from './work.js'

const QUERY = `SELECT n, n::bigint * n AS square, repeat(chr(97 + n % 26), n % 40) AS letters,
  CASE WHEN n % 7 <> 0 THEN n / 4.0 END::float8 AS quarter, jsonb_build_object('n', n) AS document,
  int4send(n) AS bytes, ARRAY[n, n + 1] AS pair, 'epoch'::timestamptz + n * interval '1 second' AS at, n % 2 = 0 AS even
  FROM generate_series($1::int, $2::int) AS n`

/** Every column of the row of `n`, as pg's own parsers make them. */
function rowOf(n: number): Record<string, unknown> {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(n)
  return {
    n,
    square: String(n * n),
    letters: String.fromCharCode(97 + (n % 26)).repeat(n % 40),
    quarter: n % 7 === 0 ? null : n / 4,
    document: { n },
    bytes,
    pair: [n, n + 1],
    at: new Date(n * 1000),
    even: n % 2 === 0,
  }
}

/** Rows of which every value is checked. */
export const read: Work = {
  name: 'read',
  weight: 6,
  phases: ['querying'],
  rows: 0,
  async run({ db, random, steps }) {
    const { first, last } = range(random)
    const { rows } = await steps.during('querying', db.query(QUERY, [first, last]))
    if (rows.length !== last - first + 1) throw wrong(`${rows.length} rows, not ${last - first + 1}`)
    rows.forEach((row, at) => {
      const [found, expected] = [JSON.stringify(row), JSON.stringify(rowOf(first + at))]
      if (found !== expected) throw wrong(`A row is ${found}, not ${expected}`)
    })
    return rows.length
  },
  expected(random) {
    const { first, last } = range(random)
    return last - first + 1
  },
}

type Range = { first: number; last: number }

function range(random: { below(limit: number): number }): Range {
  const first = random.below(10_000)
  return { first, last: first + random.below(30) }
}
