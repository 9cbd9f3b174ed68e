import { ProtocolError } from '@pglease/client'
import { isSnapshot, SessionTracker } from '@pglease/client/internal'
import fc from 'fast-check'
import { mustBeSame, propertyTarget } from '../property-target.js'
import { BACKEND, cut, cuts, FRONTEND, stream } from './bytes.js'

const turn = fc.record({ sent: stream(FRONTEND), received: stream(BACKEND), cuts, isMoved: fc.boolean() })

/** What both directions leave behind, turn after turn. */
function track(turns: readonly { sent: Buffer[]; received: Buffer[]; isMoved: boolean }[]): unknown[] {
  let tracker = new SessionTracker()
  const states: unknown[] = []
  for (const { sent, received, isMoved } of turns) {
    let passed = 0
    const bySent = outcome(() => {
      for (const chunk of sent) if (!tracker.terminated) passed += tracker.sent(chunk)
    })
    // The first byte of a goodbye is as good as all of it, and what is behind it is not looked at.
    if (bySent === 'wrong' || tracker.terminated) return [...states, 'over']
    if (isMoved && tracker.known) tracker = moved(tracker)
    const byReceived = outcome(() => {
      for (const chunk of received) tracker.received(chunk)
    })
    const { state, owed, transaction, copy, known, failed } = tracker
    if (!known) return [...states, byReceived, 'unknown']
    states.push({ passed, byReceived, state, owed, transaction, copy, failed })
  }
  return states
}

function outcome(work: () => void): string {
  try {
    work()
    return 'right'
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return 'wrong'
  }
}

function moved(tracker: SessionTracker): SessionTracker {
  const other = new SessionTracker()
  const snapshot = structuredClone(tracker.save())
  if (!isSnapshot(snapshot)) throw new Error(`This is no snapshot: ${JSON.stringify(snapshot)}`)
  other.restore(snapshot)
  return other
}

export const tracker = propertyTarget('tracker', fc.array(turn, { minLength: 1, maxLength: 5 }), (turns) => {
  const whole = turns.map(({ sent, received }) => ({ sent: [sent], received: [received], isMoved: false }))
  const split = turns.map(({ sent, received, cuts: at, isMoved }) => ({
    sent: cut(sent, at),
    received: cut(received, at),
    isMoved,
  }))
  mustBeSame(track(split), track(whole), 'the state of the session')
})
