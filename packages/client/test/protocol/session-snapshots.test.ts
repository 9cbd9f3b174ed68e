import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { isSnapshot, type SessionSnapshot, SessionTracker } from '../../src/protocol/session-tracker.js'
import { request, response } from './arbitraries.js'
import { cut, messages } from './wire.js'

type Chunk = ['sent' | 'received', Buffer]
/** What passes in both directions, in chunks that end anywhere. */
const conversation = fc
  .array(
    fc.record({
      sent: fc.array(request, { maxLength: 4 }).map(Buffer.concat),
      received: fc.array(response, { maxLength: 6 }).map(Buffer.concat),
      cuts: fc.array(fc.nat(), { maxLength: 6 }),
    }),
    { minLength: 1, maxLength: 10 },
  )
  .map((turns) =>
    turns.flatMap(({ sent, received, cuts }): Chunk[] => [
      ...cut(sent, cuts).map((chunk): Chunk => ['sent', chunk]),
      ...cut(received, cuts).map((chunk): Chunk => ['received', chunk]),
    ]),
  )

function stateOf(tracker: SessionTracker) {
  const { state, owed, transaction, copy, unsynced, failed, known, settingsReported } = tracker
  return { state, owed, transaction, copy, unsynced, failed, known, settingsReported }
}

/** Another tracker of the same session, as it stands on the other side of a message port. */
function restored(tracker: SessionTracker): SessionTracker {
  const snapshot = structuredClone(tracker.save())
  expect(isSnapshot(snapshot)).toBe(true)
  const other = new SessionTracker()
  other.restore(snapshot)
  return other
}

it('a tracker that is restored goes on exactly as the one whose snapshot it has, wherever that was taken', () => {
  fc.assert(
    fc.property(conversation, fc.nat(), (chunks, at) => {
      const original = new SessionTracker()
      const [before, after] = [
        chunks.slice(0, at % (chunks.length + 1)),
        chunks.slice(at % (chunks.length + 1)),
      ]
      for (const [way, chunk] of before) original[way](chunk)
      const other = restored(original)
      expect(stateOf(other)).toEqual(stateOf(original))
      for (const [way, chunk] of after) {
        expect(other[way](chunk)).toBe(original[way](chunk))
        expect(stateOf(other)).toEqual(stateOf(original))
        expect(other.save()).toEqual(original.save())
      }
    }),
    { numRuns: 300 },
  )
})

it('a snapshot is a copy: what its tracker sees afterwards is not in it', () => {
  const tracker = new SessionTracker()
  tracker.sent(messages('QQQ'))
  const snapshot = tracker.save()
  tracker.received(messages('CZICZI'))
  const other = new SessionTracker()
  other.restore(snapshot)
  expect([other.owed, tracker.owed]).toEqual([3, 1])
})

it('a tracker that was used before forgets its own session', () => {
  const used = new SessionTracker()
  used.sent(messages('QQQ'))
  used.received(messages('CZT').subarray(0, 8))
  used.restore(structuredClone(new SessionTracker().save()))
  expect(stateOf(used)).toEqual(stateOf(new SessionTracker()))
  used.sent(messages('Q'))
  used.received(messages('CZT'))
  expect(used.state).toBe('in-transaction')
})

it('a session that is out of step stays so', () => {
  const tracker = new SessionTracker()
  tracker.received(messages('C'))
  expect(restored(tracker).state).toBe('unknown')
})

describe('what is no snapshot', () => {
  const whole = (): SessionSnapshot => {
    const tracker = new SessionTracker()
    tracker.sent(messages('QPEQ'))
    return tracker.save()
  }

  /** Every field of a snapshot, by its path. */
  const fields = Object.entries(whole()).flatMap(([part, values]) => [
    [part],
    ...Object.keys(values).map((key) => [part, key]),
  ])

  /** A snapshot with another value in the place of one, or none. */
  function mutilated(path: readonly string[], value?: unknown): unknown {
    const snapshot = structuredClone(whole()) as unknown as Record<string, Record<string, unknown>>
    const owner = path.length === 1 ? (snapshot as Record<string, unknown>) : snapshot[path[0]!]!
    if (value === undefined) delete owner[path.at(-1)!]
    else owner[path.at(-1)!] = value
    return snapshot
  }

  test('is not one as it was taken', () => {
    expect(isSnapshot(structuredClone(whole()))).toBe(true)
  })

  test.each(fields.map((path) => [path.join('.'), path] as const))('is one without %s', (_name, path) => {
    expect(isSnapshot(mutilated(path))).toBe(false)
  })

  test.each(fields.map((path) => [path.join('.'), path] as const))(
    'is one with a value of another kind for %s',
    (_name, path) => {
      for (const value of [null, Symbol.iterator, 1n]) expect(isSnapshot(mutilated(path, value))).toBe(false)
    },
  )

  test.each([[[Number.NaN]], [[0.5]], [['0']], [[null]], [{ length: 0 }], ['']])(
    'is one whose points are %j',
    (points) => {
      expect(isSnapshot(mutilated(['conversation', 'points'], points))).toBe(false)
    },
  )

  test.each([undefined, null, 0, 'idle', [], {}, new Map(), new Uint8Array(8)])('is %j', (value) => {
    expect(isSnapshot(value)).toBe(false)
  })
})
