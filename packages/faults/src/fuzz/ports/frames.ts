import fc from 'fast-check'
import { mutated } from '../mutation.js'
import { bytes, numeral, odd, word } from '../odd-values.js'
import type { Recipe } from '../recipe.js'

const constant = (...values: Recipe[]) => fc.constantFrom(...values)
const record = (parts: Record<string, fc.Arbitrary<Recipe>>) => fc.record(parts) as fc.Arbitrary<Recipe>

const request = fc.oneof(
  { weight: 4, arbitrary: constant({ database: 'default' }) },
  {
    weight: 1,
    arbitrary: constant(
      { database: 'default', isolationLevel: 'serializable', readOnly: true, deferrable: true },
      { database: 'default', priority: 5, connectionTimeoutMillis: 10, task: 'fuzz', openedAt: 'here' },
      { database: 'nowhere' },
    ),
  },
)

const scanner = constant(
  { type: 0, first: -1, held: 0, length: 0, missing: 0 },
  { type: 0x5a, first: 0x49, held: 0, length: 5, missing: 0 },
  { type: 0x44, first: 0, held: 5, length: 100, missing: 50 },
)
const points = fc.oneof(
  { weight: 3, arbitrary: constant([], [0], [1, 0], [2, 3, 4]) },
  {
    weight: 1,
    arbitrary: constant(
      { $: 'sparse', length: 2 ** 32 - 1 },
      { $: 'filled', with: 0, times: 200_000 },
      { $: 'filled', with: { $: 'number', is: 'NaN' }, times: 10 },
    ),
  },
)
const conversation = record({
  transaction: constant('I', 'T', 'E'),
  copy: constant('none', 'in', 'out'),
  unsynced: constant(true, false),
  failed: constant(true, false),
  settingsReported: constant(true, false),
  known: constant(true, false),
  answered: constant(true, false),
  request: numeral,
  points,
})
const snapshot = record({ frontend: scanner, backend: scanner, conversation })
const reopened = record({ heldMillis: numeral, request })
const session = fc.oneof(
  constant('idle', 'untouched', 'unknown', 'lost'),
  snapshot,
  record({ behindReset: bytes }),
)

const frames = {
  open: record({ open: fc.oneof(constant(1, 2, 3), numeral), request, bytes }),
  bytes,
  acknowledgement: numeral,
  word: constant('cancel', 'cancel and tell', 'read only', 'release', 'destroy'),
  ask: record({ ask: bytes }),
  notAwaited: record({ notAwaited: word, task: word }),
  again: fc.oneof(record({ again: bytes }), record({ again: bytes, reopened })),
  back: fc.oneof(
    record({ back: constant('release', 'destroy'), session }),
    record({ back: constant('release', 'destroy'), session, reopened }),
  ),
}

/** What a thread may post to its lease port, and what it may not. */
export const leaseFrame: fc.Arbitrary<Recipe> = mutated(
  fc.oneof(...Object.values(frames), { weight: 1, arbitrary: odd }),
)

/** What a thread may post to the port of its lease ports, and what it may not. */
export const channelMessage: fc.Arbitrary<Recipe> = mutated(
  fc.oneof(
    record({ channel: fc.oneof(constant(1, 2, 3), numeral), cell: constant({ $: 'cell' }, 1) }),
    fc.tuple(constant(1, 2, 3), leaseFrame) as fc.Arbitrary<Recipe>,
    numeral,
    odd,
  ),
)

/** The opening of a lease as it should be. */
export const openFrame = (number: number): Recipe => ({
  open: number,
  request: { database: 'default' },
  bytes: { $: 'query', text: 'SELECT 1' },
})

const raw = (...values: Recipe[]): Recipe => values.map((value) => ({ type: 'RAW', value }))

const calls = fc.oneof(
  constant(
    { id: '1', type: 'APPLY', path: ['hello'], argumentList: [] },
    { id: '2', type: 'APPLY', path: ['serveLeases'], argumentList: raw({ $: 'port' }, true) },
    { id: '3', type: 'APPLY', path: ['standStill'], argumentList: raw({ $: 'shared', bytes: 4 }) },
    { id: '4', type: 'GET', path: [] },
    { id: '5', type: 'RELEASE', path: [] },
    { id: '6', type: 'ENDPOINT', path: [] },
  ),
  record({
    id: odd,
    type: constant('APPLY', 'GET', 'SET', 'CONSTRUCT', 'ENDPOINT', 'RELEASE'),
    path: fc.array(word, { maxLength: 3 }),
    argumentList: fc.array(record({ type: constant('RAW', 'HANDLER'), name: word, value: odd }), {
      maxLength: 4,
    }),
  }),
)

/** Of the control port. */
export const controlCall: fc.Arbitrary<Recipe> = mutated(fc.oneof(calls, { weight: 1, arbitrary: odd }))

/** Messages to the parent that look like the library's own. */
export const parentMessage: fc.Arbitrary<Recipe> = mutated(
  fc.oneof(
    record({ '@pglease/attach': constant({ $: 'port' }), threadId: numeral }),
    record({ '@pglease/attach': odd, threadId: odd }),
    record({ '@pglease/ahead': constant({ $: 'shared', bytes: 8 }), threadId: numeral }),
    record({ '@pglease/ahead': odd, threadId: odd }),
    record({ ready: odd }),
    odd,
  ),
)

/** Of the ports between an executor and its threads: Piscina's answers, and what a task reports. */
export const taskMessage: fc.Arbitrary<Recipe> = mutated(
  fc.oneof(
    record({ taskId: numeral, result: odd, error: constant(null), usedTime: numeral }),
    record({ taskId: numeral, result: constant(null), error: odd }),
    record({ '@pglease/failure': odd }),
    record({ progress: odd }),
    record({ abort: odd }),
    odd,
  ),
)
