import fc from 'fast-check'
import type { Recipe } from './recipe.js'

const constant = (...values: Recipe[]) => fc.constantFrom(...values)

/** Strings of our own contract among them: data never doubles as a signal. */
const WORDS = [
  ...[
    '',
    'default',
    'release',
    'destroy',
    'cancel',
    'cancel and tell',
    'read only',
    'kept',
    'taken',
    'cancelled',
  ],
  ...['idle', 'untouched', 'unknown', 'lost', 'I', 'T', 'E', 'in', 'out', 'none', 'both'],
  ...['__proto__', 'constructor', 'toString', 'then', 'hello', 'standStill', 'serveLeases', 'RAW', 'APPLY'],
]

export const word: fc.Arbitrary<Recipe> = constant(...WORDS)

export const numeral: fc.Arbitrary<Recipe> = fc.oneof(
  constant(0, 1, 2, -1, 0.5, 3, 7, 255, 256, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53 - 1, 1e308),
  constant({ $: 'number', is: 'NaN' }, { $: 'number', is: 'Infinity' }, { $: 'number', is: '-Infinity' }),
  constant({ $: 'minusZero' }, { $: 'bigint', is: '1' }),
  fc.integer(),
)

/** Bytes for the server: whole messages of a frontend, parts of them, and none. */
export const bytes: fc.Arbitrary<Recipe> = fc.oneof(
  constant(
    { $: 'query', text: 'SELECT 1' },
    { $: 'query', text: 'SELECT 1; SELECT 2' },
    { $: 'query', text: 'BEGIN' },
    { $: 'query', text: 'SELECT 1/0' },
    { $: 'query', text: 'SELECT pg_sleep(0.01)' },
    { $: 'query', text: 'COPY (SELECT 1) TO STDOUT' },
    { $: 'query', text: "SELECT repeat('x', 2000000)" },
    { $: 'query', text: "SET statement_timeout = '1ms'" },
    { $: 'query', text: 'CREATE TEMP TABLE IF NOT EXISTS mine (line text); COPY mine FROM STDIN' },
  ),
  fc.record({
    $: fc.constant('message'),
    type: fc.constantFrom(...'BCDEFHPQSXcdf'),
    hex: fc.uint8Array({ maxLength: 24 }).map((body) => Buffer.from(body).toString('hex')),
  }),
  fc.record({
    $: fc.constant('bytes'),
    hex: fc.uint8Array({ maxLength: 24 }).map((body) => Buffer.from(body).toString('hex')),
  }),
)

const small: fc.Arbitrary<Recipe> = fc.oneof(
  { weight: 3, arbitrary: constant(null, true, false, { $: 'undefined' }, {}, [], [null]) },
  { weight: 3, arbitrary: word },
  { weight: 3, arbitrary: numeral },
  { weight: 2, arbitrary: bytes },
  {
    weight: 2,
    arbitrary: constant(
      { $: 'date', millis: 0 },
      { $: 'date', millis: { $: 'number', is: 'NaN' } },
      { $: 'pattern' },
      { $: 'error', message: 'forged' },
      { $: 'cycle' },
      { $: 'cell' },
      { $: 'port' },
      { $: 'buffer', bytes: 8 },
      { $: 'shared', bytes: 4 },
      { $: 'shared', bytes: 8 },
      { $: 'shared', bytes: 0 },
      { $: 'array', type: 'Float64Array', length: 3 },
      { $: 'array', type: 'Int32Array', length: 3 },
      { $: 'array', type: 'BigInt64Array', length: 1 },
      { $: 'array', type: 'DataView', length: 1 },
      { $: 'map', of: 1 },
      { $: 'set', of: null },
      { $: 'blob' },
      { $: 'certificate' },
      { $: 'key' },
      { $: 'addresses' },
    ),
  },
  {
    weight: 1,
    arbitrary: constant(
      { $: 'file' },
      { $: 'readable' },
      { $: 'failing stream' },
      { $: 'writable' },
      { $: 'transform' },
    ),
  },
)

/** What costs time or memory to look at, where somebody looks at all of it. */
const huge: fc.Arbitrary<Recipe> = constant(
  { $: 'text', of: 'x', times: 5_000_000 },
  { $: 'text', of: '\u{1f418}\n', times: 1_000_000 },
  { $: 'sparse', length: 2 ** 32 - 1 },
  { $: 'sparse', length: 5_000_000 },
  { $: 'filled', with: 0, times: 200_000 },
  { $: 'filled', with: { a: 1 }, times: 50_000 },
  { $: 'deep', levels: 2000 },
  { $: 'keys', count: 50_000 },
  { $: 'array', type: 'Uint8Array', length: 500_000 },
  { $: 'shared', bytes: 1_000_000 },
)

/** Anything that can be posted. */
export const odd: fc.Arbitrary<Recipe> = fc.oneof(
  { weight: 30, arbitrary: small },
  {
    weight: 4,
    arbitrary: fc.dictionary(fc.oneof(fc.string({ maxLength: 5 }), word as fc.Arbitrary<string>), small, {
      maxKeys: 4,
    }),
  },
  { weight: 3, arbitrary: fc.array(small, { maxLength: 4 }) },
  { weight: 1, arbitrary: huge },
)
