import fc from 'fast-check'
import { serialize } from 'pg-protocol/dist/serializer.js'
import { expect, it } from 'vitest'
import { SessionTracker } from '../../src/protocol/session-tracker.js'
import { request, response } from './arbitraries.js'
import { cut } from './wire.js'

const turn = fc.record({
  sent: fc.array(request, { maxLength: 4 }).map(Buffer.concat),
  received: fc.array(response, { maxLength: 6 }).map(Buffer.concat),
  cuts: fc.array(fc.nat(), { maxLength: 12 }),
})

function stateOf(tracker: SessionTracker) {
  const { state, owed, transaction, copy, unsynced, failed, known, halfSent, halfReceived, terminated } =
    tracker
  return { state, owed, transaction, copy, unsynced, failed, known, halfSent, halfReceived, terminated }
}

it('the state is the same however the bytes are split, after every turn', () => {
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 12 }), (turns) => {
      const whole = new SessionTracker()
      const split = new SessionTracker()
      for (const { sent, received, cuts } of turns) {
        whole.sent(sent)
        for (const chunk of cut(sent, cuts)) split.sent(chunk)
        expect(stateOf(split)).toEqual(stateOf(whole))
        whole.received(received)
        for (const chunk of cut(received, cuts)) split.received(chunk)
        expect(stateOf(split)).toEqual(stateOf(whole))
      }
    }),
  )
})

it('what is passed on is what was sent up to the first Terminate, byte by byte', () => {
  const stream = fc.array(fc.oneof({ weight: 9, arbitrary: request }, fc.constant(serialize.end())))
  fc.assert(
    fc.property(stream, fc.array(fc.nat()), (sent, cuts) => {
      const end = sent.indexOf(serialize.end())
      const tracker = new SessionTracker()
      const passed: Buffer[] = []
      for (const chunk of cut(Buffer.concat(sent), cuts)) {
        const copy = Buffer.from(chunk)
        if (!tracker.terminated) passed.push(chunk.subarray(0, tracker.sent(chunk)))
        expect(chunk).toEqual(copy)
      }
      expect(Buffer.concat(passed)).toEqual(Buffer.concat(end === -1 ? sent : sent.slice(0, end)))
      expect(tracker).toMatchObject({ terminated: end !== -1, halfSent: false })
    }),
  )
})
