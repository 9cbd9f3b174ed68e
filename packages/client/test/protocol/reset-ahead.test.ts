import fc from 'fast-check'
import { serialize } from 'pg-protocol/dist/serializer.js'
import { describe, expect, test } from 'vitest'
import {
  behindReset,
  canResetAhead,
  ResetAnswer,
  ResetFailedError,
  type ResetForm,
  resetAtEnd,
} from '../../src/protocol/reset-ahead.js'
import { cut, message, messages } from './wire.js'

const answer = Buffer.concat([messages('12'), message('C', 'DISCARD ALL\0')])

/** The type bytes of messages. */
function typesOf(bytes: Buffer): string[] {
  const types: string[] = []
  for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1))
    types.push(String.fromCharCode(bytes[at]!))
  return types
}

/** Gives the chunks to a new answer; returns what is left for others. */
function take(chunks: readonly Buffer[], isSynced = false): Buffer {
  const reset = new ResetAnswer(0, isSynced)
  for (const [index, chunk] of chunks.entries()) {
    const end = reset.take(chunk)
    if (end !== -1) return Buffer.concat([chunk.subarray(end), ...chunks.slice(index + 1)])
  }
  return Buffer.alloc(0)
}

test('what follows the answer to the reset is left, wherever the chunks are cut', () => {
  fc.assert(
    fc.property(fc.constantFrom('', 'ZI', 'T', '12CZI'), fc.array(fc.nat()), (rest, at) => {
      expect(take(cut(Buffer.concat([answer, messages(rest)]), at))).toEqual(messages(rest))
    }),
  )
})

test('the answer to one with a Sync ends behind the ReadyForQuery, wherever the chunks are cut', () => {
  fc.assert(
    fc.property(fc.constantFrom('', 'ZI', 'E', '12CZI'), fc.array(fc.nat()), (rest, at) => {
      const all = Buffer.concat([answer, messages('ZI'), messages(rest)])
      expect(take(cut(all, at), true)).toEqual(messages(rest))
    }),
  )
})

test('what is told between the reset and its Sync is swallowed as well', () => {
  expect(
    take([Buffer.concat([answer, message('A', 'of the last lease'), messages('ZI')])], true),
  ).toHaveLength(0)
})

test.each(['E', 'EZI'])('one with a Sync whose end is an error, %s, has failed', (types) => {
  expect(() => take([Buffer.concat([answer, messages(types)])], true)).toThrow(ResetFailedError)
})

const KEEPING_TAGS = [
  'BEGIN',
  'CLOSE CURSOR ALL',
  'SET',
  'RESET',
  'UNLISTEN',
  'SELECT 1',
  'DISCARD TEMP',
  'DISCARD SEQUENCES',
  'COMMIT',
]

/** The answer to the reset that keeps statements, the first of which is answered by these. */
const keeping = (first: string, tags = KEEPING_TAGS) =>
  Buffer.concat(
    tags.flatMap((tag, at) => [
      messages(at === 0 ? first : '12'),
      messages(tag.startsWith('SELECT') ? 'D' : ''),
      message('C', `${tag}\0`),
    ]),
  )

const FORMS: readonly [ResetForm, string, Buffer][] = [
  [0, '12', answer],
  [1, '312', Buffer.concat([messages('3'), answer])],
  [2, '132', Buffer.concat([messages('132'), answer.subarray(10)])],
  [3, '12', keeping('12')],
  [4, '312', keeping('312')],
  [5, '132', keeping('132')],
]

describe.each(FORMS)('a reset of the form %d', (form, types) => {
  test.each(FORMS)('is not answered by the answer to one of the form %d', (other, _types, bytes) => {
    const reset = new ResetAnswer(form)
    if (other === form) expect(reset.take(bytes)).toBe(bytes.length)
    else expect(() => reset.take(bytes)).toThrow('A reset was answered with')
  })

  test('travels with as many messages as are answered', () => {
    const empty = new Uint8Array(0)
    const sent = { P: '1', B: '2', C: '3' } as Record<string, string>
    expect(
      typesOf(behindReset(empty, true, form))
        .map((type) => sent[type] ?? type)
        .join(''),
    ).toBe(`${types}E${form > 2 ? '12E'.repeat(KEEPING_TAGS.length - 1) : ''}`)
  })
})

describe('a reset that keeps statements', () => {
  const take = (bytes: Buffer, at: number[] = []) => {
    const reset = new ResetAnswer(3)
    for (const chunk of cut(bytes, at)) {
      const end = reset.take(chunk)
      if (end !== -1) return end
    }
    return 'not yet'
  }

  test('is done when all of its statements are, wherever the chunks are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), (at) => {
        expect(take(keeping('12'), at)).toEqual(expect.any(Number))
        expect(take(keeping('12', KEEPING_TAGS.slice(0, -1)), at)).toBe('not yet')
      }),
    )
  })

  test.each(KEEPING_TAGS)('is none where another command was done in the place of %s', (tag) => {
    const tags = KEEPING_TAGS.map((each) => (each === tag ? 'ROLLBACK' : each))
    expect(() => take(keeping('12', tags))).toThrow('A reset was answered with')
  })
})

test('what the server tells of the last lease is swallowed with the answer', () => {
  const told = ['A', 'N', 'S'].map((type) => message(type, 'of the last lease'))
  expect(take([Buffer.concat([...told, messages('12'), ...told, answer.subarray(10)])])).toHaveLength(0)
})

test.each(['E', '1E', '12E'])('%s: the reset has failed', (types) => {
  expect(() => take([messages(types)])).toThrow(ResetFailedError)
})

test.each(['T', 'D', 'ZI', '1ZI', 'I', 'G', '2', '11', '121', '122', 'C', '1C', '12C'])(
  '%s: that is no answer to a reset',
  (types) => {
    expect(() => take([messages(types)])).toThrow('A reset was answered with')
  },
)

test.each(['INSERT 0 1', 'ROLLBACK', 'DISCARD', 'DISCARD ALL ', 'xDISCARD ALL'])(
  'the end of another command is no answer to a reset: %s',
  (tag) => {
    const other = Buffer.concat([messages('12'), message('C', `${tag}\0`)])
    fc.assert(
      fc.property(fc.array(fc.nat()), (at) => {
        expect(() => take(cut(other, at))).toThrow('A reset was answered with C')
      }),
    )
  },
)

describe('behind a reset', () => {
  const reset = Buffer.concat([
    serialize.parse({ text: 'DISCARD ALL' }),
    serialize.bind(),
    serialize.execute(),
  ])
  const closing = Buffer.concat([serialize.close({ type: 'P' }), reset])

  test('travels what brings an answer by itself', () => {
    const query = serialize.query('SELECT 1')
    expect(behindReset(query, true, 1)).toEqual(Buffer.concat([closing, query]))
  })

  test('travels a part of a message, and the answer to the reset is asked for', () => {
    const part = serialize.query('SELECT 1').subarray(0, 7)
    expect(behindReset(part, false, 1)).toEqual(Buffer.concat([closing, serialize.flush(), part]))
  })

  test('travels nothing at the end of a lease: it has a Sync of its own, or leaves that to the next', () => {
    expect(resetAtEnd(0, false)).toEqual(reset)
    expect(resetAtEnd(0, true)).toEqual(Buffer.concat([reset, serialize.sync()]))
  })
})

test.each([
  ['18.4 (Debian 18.4-1.pgdg12+1)', true],
  ['15.0', true],
  ['19beta1', true],
  ['14.22', false],
  ['9.6.24', false],
  ['', false],
])('a server of version "%s" can be sent a reset ahead: %s', (version, can) => {
  expect(canResetAhead(version)).toBe(can)
})
