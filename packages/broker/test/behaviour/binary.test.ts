import fc from 'fast-check'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'

const database = await createTestDatabase()
const lending = new Lending(database)

/** Values of each type, as the server reads them. */
const VALUES: Record<string, (string | null)[]> = {
  bool: ['t', 'f', null],
  int2: ['0', '-1', '32767', '-32768'],
  int4: ['0', '-1', '2147483647', '-2147483648'],
  int8: ['0', '-1', '9223372036854775807', '-9223372036854775808'],
  oid: ['0', '4294967295'],
  float4: [
    '0',
    '-0',
    '0.1',
    '-1.5e-45',
    '3.4028235e38',
    'NaN',
    'Infinity',
    '-Infinity',
    '16777217',
    '-50050832',
  ],
  float8: ['0', '-0', '0.1', '5e-324', '1.7976931348623157e308', 'NaN', 'Infinity', '-Infinity'],
  numeric: [
    '0',
    '-1',
    '0.001',
    '0.00000001',
    '-0.5',
    '10000',
    '123456789012345678901234567890.000100',
    '1e50',
  ].concat(['NaN', 'Infinity', '-Infinity', '1.50', '0.00', '99999999.9999']),
  text: ['', 'NULL', 'a "b" \\ {c}, d', 'Grüße 🐘', 'null', null],
  varchar: ['x', ' '],
  bpchar: ['x  '],
  name: ['a name'],
  '"char"': ['x', ''],
  json: ['{"a": [1, "x"]}', 'null'],
  jsonb: ['{"a": [1, "x"]}', '[]'],
  xml: ['<a>1</a>'],
  uuid: ['00112233-4455-6677-8899-aabbccddeeff'],
  bytea: ['\\x', '\\x00ff80'],
  point: ['(1.5,-2)', '(NaN,Infinity)'],
  circle: ['<(1,2),3.5>'],
  macaddr: ['08:00:2b:01:02:03'],
  macaddr8: ['08:00:2b:01:02:03:04:05'],
  date: [
    '2000-01-01',
    '1999-12-31',
    '1600-02-29',
    '0001-01-01',
    '0044-03-15 BC',
    '4713-01-01 BC',
    '99999-12-31',
  ].concat(['infinity', '-infinity', '2024-02-29', '1900-03-01']),
  time: ['00:00:00', '24:00:00', '23:59:59.999999', '12:30:00.5'],
  timetz: ['12:30:00.5+05:30', '00:00:00-08', '01:02:03+00', '01:02:03-01:02:03'],
  timestamp: [
    '2000-01-01 00:00:00',
    '1999-12-31 23:59:59.999999',
    '0044-03-15 12:00:00.5 BC',
    'infinity',
    '-infinity',
  ],
  timestamptz: [
    '2000-01-01 00:00:00+00',
    '1969-12-31 23:59:59.999999+00',
    '0044-03-15 12:00:00 BC',
    'infinity',
  ],
  interval: [
    '0',
    '1 year -2 mons 3 days -04:05:06.789',
    '-1 mon +1 day',
    '1 day',
    '-00:00:00.000001',
    '100:00:00',
  ],
}

/** A text is as the session's settings say; what is made of bytes is as these. */
const SETUP = "SET TimeZone = 'UTC'; SET IntervalStyle = 'postgres'"

/** Without values, `pg` would use the simple protocol, which knows texts only. */
const inBinary = (text: string) => ({ text, binary: true, queryMode: 'extended' }) as pg.QueryConfig

type Row = Record<string, unknown>

/** The same query's row, with values that came as texts and as bytes. */
async function both(columns: string[], types?: pg.CustomTypesConfig): Promise<[Row, Row]> {
  const text = `SELECT ${columns.map((column, index) => `${column} AS c${index}`).join(', ')}`
  return lending
    .broker({ onConnect: async (client) => void (await client.query(SETUP)) })
    .withConnection(async (client) => {
      const asTexts = await client.query({ text, ...(types && { types }) })
      const asBytes = await client.query({ ...inBinary(text), ...(types && { types }) })
      return [asTexts.rows[0], asBytes.rows[0]]
    })
}

const literal = (value: string | null) => (value === null ? 'NULL' : pg.escapeLiteral(value))
const columnOf = (type: string, value: string | null) => `${literal(value)}::${type}`
const arrayOf = (type: string, values: (string | null)[]) =>
  `ARRAY[${values.map(literal).join(',')}]::${type}[]`

const scalars = Object.entries(VALUES).flatMap(([type, values]) => values.map((each) => columnOf(type, each)))
const arrays = Object.entries(VALUES).flatMap(([type, values]) => [
  arrayOf(type, values),
  arrayOf(type, [null, ...values]),
  `ARRAY[]::${type}[]`,
  `ARRAY[${arrayOf(type, values)}, ${arrayOf(type, values)}]`,
])
const bounds = ["'[0:2]={1,NULL,-3}'::int4[]", "'[2:2][-1:0]={{a,b}}'::text[]"]

test('values that come in the binary format are those that come as texts', async () => {
  const [asTexts, asBytes] = await both([...scalars, ...arrays, ...bounds])
  for (const [index, column] of [...scalars, ...arrays, ...bounds].entries())
    expect(asBytes[`c${index}`], column).toEqual(asTexts[`c${index}`])
})

test('their texts are the same, letter by letter, but for the floats that are written with an exponent', async () => {
  const types = { getTypeParser: () => (value: unknown) => value } as unknown as pg.CustomTypesConfig
  const columns = [...scalars, ...arrays, ...bounds].filter((column) => !/float|point|circle/.test(column))
  const [asTexts, asBytes] = await both(columns, types)
  for (const [index, column] of columns.entries())
    expect(asBytes[`c${index}`], column).toBe(asTexts[`c${index}`])
})

test('so it is for any values', async () => {
  const micros = fc.bigInt({ min: -211_813_488_000_000_000n, max: 9_223_371_331_199_000_000n })
  const columns = fc.tuple(
    fc.double().map((value) => columnOf('float8', String(value))),
    fc.float().map((value) => columnOf('float4', String(value))),
    fc.tuple(fc.bigInt(), fc.nat(30)).map(([value, places]) => `(${value} / 10::numeric ^ ${places})`),
    fc.integer({ min: -2_451_545, max: 2_145_031_948 }).map((days) => `('2000-01-01'::date + ${days})`),
    micros.map((value) => `('2000-01-01'::timestamp + ${value / 1_000_000n} * '1 s'::interval)`),
    micros.map((value) => `('2000-01-01Z'::timestamptz + ${value / 1_000_000n} * '1 s'::interval)`),
    fc
      .tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.integer(), fc.maxSafeInteger())
      .map(([months, days, time]) => `make_interval(0, ${months}, 0, ${days}) + ${time} * '1 us'::interval`),
    fc
      .array(fc.option(fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'))))
      .map((values) => arrayOf('text', values)),
  )
  const broker = lending.broker({ onConnect: async (client) => void (await client.query(SETUP)) })
  await broker.withConnection((client) =>
    fc.assert(
      fc.asyncProperty(columns, async (each) => {
        const text = `SELECT ${each.map((column, index) => `${column} AS c${index}`).join(', ')}`
        const asTexts = await client.query(text)
        const asBytes = await client.query(inBinary(text))
        expect(asBytes.rows).toEqual(asTexts.rows)
      }),
      { numRuns: 200 },
    ),
  )
})

test("a type whose binary format is not known comes as pg's own parsers take it: bytes", async () => {
  const types = { getTypeParser: () => (value: unknown) => value } as unknown as pg.CustomTypesConfig
  const [asTexts, asBytes] = await both(["'10.0.0.1'::inet", "'7'::int4"], types)
  expect(asTexts).toEqual({ c0: '10.0.0.1', c1: '7' })
  expect(asBytes).toEqual({ c0: Buffer.from([2, 32, 0, 4, 10, 0, 0, 1]), c1: '7' })
})
