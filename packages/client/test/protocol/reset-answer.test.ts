import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ResetAnswer, ResetFailedError } from '../../src/protocol/reset-answer.js'
import { cut, message, messages } from './wire.js'

const answer = Buffer.concat([messages('12'), message('C', 'DISCARD ALL\0')])

/** Gives the chunks to a new answer; returns what is left for others. */
function take(chunks: readonly Buffer[]): Buffer {
  const reset = new ResetAnswer()
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

test('what the server tells of the last lease is swallowed with the answer', () => {
  const told = ['A', 'N', 'S'].map((type) => message(type, 'of the last lease'))
  expect(take([Buffer.concat([...told, messages('12'), ...told, answer.subarray(10)])])).toHaveLength(0)
})

test.each(['E', '1E', '12E'])('%s: the reset has failed', (types) => {
  expect(() => take([messages(types)])).toThrow(ResetFailedError)
})

test.each(['T', 'D', 'ZI', '1ZI', 'I', 'G'])('%s: that is no answer to a reset', (types) => {
  expect(() => take([messages(types)])).toThrow('A reset was answered with')
})
