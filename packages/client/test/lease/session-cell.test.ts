import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { MOST_UNSEEN_LEASES } from '../../src/lease/hold-times.js'
import { CELL_BYTES, SessionCell } from '../../src/lease/session-cell.js'
import { SessionTracker } from '../../src/protocol/session-tracker.js'
import { messages } from '../protocol/wire.js'

/** The two sides of one cell, handed over. */
function start() {
  const thread = new SessionCell()
  const broker = new SessionCell(thread.memory)
  broker.begin()
  return { thread, broker }
}

const QUERY = messages('Q')
const ANSWER = { idle: 'CZI', 'in a transaction': 'CZT', 'in a failed transaction': 'EZE' }

/** A session that has been sent a query and has got these messages. */
function session(answers: string): SessionTracker {
  const tracker = new SessionTracker()
  tracker.sent(QUERY)
  tracker.received(messages(answers))
  return tracker
}

type Step = 'keep' | 'keep synced' | 'reopen' | 'take'

/** Ends the lease that the thread holds; false when it may not keep the socket. */
function keeps(thread: SessionCell, millis: number, isSynced = false): boolean {
  if (!thread.mayKeep) return false
  thread.keep(millis, isSynced)
  return true
}

/** Does one step after another, each on its own side, and tells which were allowed. */
function does(steps: readonly (Step | 'want' | 'begin')[]): boolean[] {
  const { thread, broker } = start()
  const allowed: boolean[] = []
  for (const step of steps) {
    if (step === 'want' || step === 'begin') broker[step]()
    else if (step === 'take') allowed.push(broker.take() !== undefined)
    else if (step === 'reopen') allowed.push(thread.reopen())
    else allowed.push(keeps(thread, 1, step === 'keep synced'))
  }
  return allowed
}

test('the memory is of the size that the broker looks for', () => {
  expect(new SessionCell().memory.byteLength).toBe(CELL_BYTES)
})

describe('the descriptor that the broker has made for the thread', () => {
  test('is the thread’s when it comes first, and left behind until it is a socket’s', () => {
    const { thread, broker } = start()
    expect(broker.isDescriptorLeft).toBe(false)
    expect([thread.claimDescriptor(), broker.withdrawDescriptor()]).toEqual([true, false])
    expect(broker.isDescriptorLeft).toBe(true)
    thread.adoptDescriptor()
    expect([thread.claimDescriptor(), broker.withdrawDescriptor()]).toEqual([false, false])
    expect(broker.isDescriptorLeft).toBe(false)
  })

  test('is the broker’s when it has withdrawn it, and not left behind', () => {
    const { thread, broker } = start()
    expect([broker.withdrawDescriptor(), thread.claimDescriptor()]).toEqual([true, false])
    expect([broker.withdrawDescriptor(), broker.isDescriptorLeft]).toEqual([false, false])
  })

  test('is another one each time the socket is handed over', () => {
    const { thread, broker } = start()
    expect(thread.claimDescriptor()).toBe(true)
    broker.begin()
    expect(thread.claimDescriptor()).toBe(true)
  })

  test('is none before', () => {
    const cell = new SessionCell()
    expect([cell.claimDescriptor(), cell.withdrawDescriptor(), cell.isDescriptorLeft]).toEqual([
      false,
      false,
      false,
    ])
  })
})

describe('who has the socket', () => {
  test.each<[string, (Step | 'want' | 'begin')[], boolean[]]>([
    ['a thread keeps what it holds, once', ['keep', 'keep'], [true, false]],
    [
      'a thread reopens what it keeps, and only that',
      ['reopen', 'keep', 'reopen', 'reopen'],
      [false, true, true, false],
    ],
    ['a thread keeps what it has reopened', ['keep', 'reopen', 'keep', 'reopen'], [true, true, true, true]],
    [
      'with a Sync or without, a thread keeps and reopens, and the broker takes',
      ['keep synced', 'reopen', 'keep', 'reopen', 'keep synced', 'take'],
      [true, true, true, true, true, true],
    ],
    [
      'what is kept with a Sync is not reopened when it is wanted, but taken',
      ['keep synced', 'want', 'reopen', 'take', 'take'],
      [true, false, true, false],
    ],
    ['the broker takes what is kept, once', ['keep', 'take', 'take'], [true, true, false]],
    [
      'the broker takes nothing that a lease is held with',
      ['take', 'keep', 'reopen', 'take'],
      [false, true, true, false],
    ],
    [
      'what is taken is neither reopened nor kept',
      ['keep', 'take', 'reopen', 'keep'],
      [true, true, false, false],
    ],
    ['what is wanted during a lease is not kept at its end', ['want', 'keep', 'take'], [false, false]],
    [
      'what is wanted while it is kept is not reopened, but taken',
      ['keep', 'want', 'reopen', 'take'],
      [true, false, true],
    ],
    [
      'what was wanted and taken stays so',
      ['keep', 'want', 'take', 'reopen', 'keep', 'take'],
      [true, true, false, false, false],
    ],
    ['what is wanted twice is still taken', ['keep', 'want', 'want', 'take'], [true, true]],
    ['a new loan is wanted no more', ['want', 'begin', 'keep', 'reopen'], [true, true]],
    ['a new loan is not taken', ['keep', 'take', 'begin', 'take', 'keep'], [true, true, false, true]],
  ])('%s', (_rule, steps, allowed) => {
    expect(does(steps)).toEqual(allowed)
  })

  test('both sides see whether it is kept, wanted or not', () => {
    const { thread, broker } = start()
    const seen = () => [thread.isKept, broker.isKept]
    expect(seen()).toEqual([false, false])
    keeps(thread, 1)
    expect(seen()).toEqual([true, true])
    broker.want()
    expect(seen()).toEqual([true, true])
    broker.take()
    expect(seen()).toEqual([false, false])
  })

  test('the broker learns with what it takes whether a Sync follows the reset', () => {
    for (const isSynced of [true, false]) {
      const { thread, broker } = start()
      thread.keep(1, isSynced)
      expect(broker.isKeptSynced).toBe(isSynced)
      expect(broker.take()).toEqual({ isSynced })
    }
  })

  test('what is wanted while the thread resets it is kept all the same, and the thread sees that it is wanted', () => {
    const { thread, broker } = start()
    expect(thread.mayKeep).toBe(true)
    broker.want()
    thread.keep(1, true)
    expect([thread.isWanted, thread.reopen(), broker.take()]).toEqual([true, false, { isSynced: true }])
  })

  test('of what a thread holds and the broker wants nobody says that it is kept', () => {
    const { broker } = start()
    broker.want()
    expect(broker.isKept).toBe(false)
  })
})

describe('the counters', () => {
  const counters = ({ received, sent, reopened }: SessionCell) => ({ received, sent, reopened })

  test('add up what the thread has read and written, and the leases that it has begun itself', () => {
    const { thread, broker } = start()
    thread.sends(10)
    thread.receives(100, session('CZI'))
    thread.sends(5)
    thread.receives(1, session('CZI'))
    for (let count = 0; count < 3; count++) expect([keeps(thread, 1), thread.reopen()]).toEqual([true, true])
    expect(counters(broker)).toEqual({ received: 101, sent: 15, reopened: 3 })
  })

  test('do not count a lease that could not be begun', () => {
    const { thread, broker } = start()
    keeps(thread, 1)
    broker.want()
    thread.reopen()
    expect(counters(broker)).toEqual({ received: 0, sent: 0, reopened: 0 })
  })

  test('go beyond what fits into 32 bits', () => {
    const { thread, broker } = start()
    for (let count = 0; count < 4; count++) thread.sends(2 ** 31)
    expect(broker.sent).toBe(2 ** 33)
  })

  test('begin again with each loan', () => {
    const { thread, broker } = start()
    thread.sends(10)
    thread.receives(100, session('CZI'))
    keeps(thread, 1)
    thread.reopen()
    broker.begin()
    expect(counters(thread)).toEqual({ received: 0, sent: 0, reopened: 0 })
  })
})

describe('the times for which leases were held', () => {
  /** Ends the lease that the thread holds, after so many milliseconds, and begins the next. */
  const goesOn = (thread: SessionCell, millis: number) => [keeps(thread, millis), thread.reopen()]

  test('are those of the leases at whose end the socket was kept, each read once', () => {
    const { thread, broker } = start()
    goesOn(thread, 1.5)
    goesOn(thread, 20)
    expect(broker.readHoldTimes()).toEqual([1.5, 20])
    expect(broker.readHoldTimes()).toEqual([])
    keeps(thread, 0.25)
    expect(broker.readHoldTimes()).toEqual([0.25])
    thread.reopen()
    expect(broker.readHoldTimes()).toEqual([])
  })

  test('do not have that of a lease that could not be kept', () => {
    const { thread, broker } = start()
    goesOn(thread, 1)
    broker.want()
    expect(keeps(thread, 2)).toBe(false)
    expect(broker.readHoldTimes()).toEqual([1])
  })

  test('have that of the last lease when the socket was taken', () => {
    const { thread, broker } = start()
    keeps(thread, 3)
    broker.take()
    expect(broker.readHoldTimes()).toEqual([3])
  })

  test('begin again with each loan', () => {
    const { thread, broker } = start()
    goesOn(thread, 1)
    broker.begin()
    keeps(thread, 2)
    expect(broker.readHoldTimes()).toEqual([2])
  })

  test('are never lost: a thread whose times nobody reads keeps no more', () => {
    const { thread, broker } = start()
    let kept = 0
    while (keeps(thread, kept)) {
      thread.reopen()
      kept++
    }
    expect(kept).toBe(MOST_UNSEEN_LEASES - 1)
    expect(broker.readHoldTimes()).toEqual(Array.from({ length: kept }, (_, at) => at))
    expect(keeps(thread, 7)).toBe(true)
    expect(broker.readHoldTimes()).toEqual([7])
  })

  test('go on behind one another for as long as they are read', () => {
    const { thread, broker } = start()
    for (let count = 0; count < 10 * MOST_UNSEEN_LEASES; count++) {
      expect(goesOn(thread, count)).toEqual([true, true])
      expect(broker.readHoldTimes()).toEqual([count])
    }
  })
})

test('the times of a thread that goes on while they are read are each read once, in order, and whole', async () => {
  const { broker } = start()
  const leases = 50_000
  const thread = new Worker(new URL('../threads/keeps.js', import.meta.url), {
    workerData: { memory: broker.memory, leases },
  })
  const times: number[] = []
  let code: number | undefined
  thread.once('exit', (exitCode) => {
    code = exitCode
  })
  while (code === undefined) {
    for (let look = 0; look < 1000; look++) times.push(...broker.readHoldTimes())
    await nextTurn()
  }
  times.push(...broker.readHoldTimes())
  expect(code).toBe(0)
  expect(times.findIndex((time, number) => time !== number)).toBe(-1)
  expect(times.length).toBe(leases)
})

describe('what a thread has left that has ended', () => {
  test.each(Object.entries(ANSWER))(
    'is a session %s, as it was when the thread last read',
    (_where, answer) => {
      const { thread, broker } = start()
      const tracker = session(answer)
      thread.sends(QUERY.length)
      thread.receives(1, tracker)
      const left = broker.left
      if (typeof left !== 'object' || 'behindReset' in left) throw new Error(`The session is ${left}`)
      const restored = new SessionTracker()
      restored.restore(structuredClone(left))
      const { state, transaction, owed, known } = tracker
      // The thread may have been told of settings, of which the cell has nothing.
      expect(restored).toMatchObject({ state, transaction, owed, known, settingsReported: true })
    },
  )

  test.each([
    ['nothing was read yet', () => {}],
    [
      'a query was written since',
      (thread: SessionCell) => {
        thread.receives(1, session('CZI'))
        thread.sends(1)
      },
    ],
    ['an answer was half read', (thread: SessionCell) => thread.receives(1, session('C'))],
    ['a COPY is under way', (thread: SessionCell) => thread.receives(1, session('G'))],
    ['the two sides are out of step', (thread: SessionCell) => thread.receives(1, session('CZIC'))],
  ])('is unknown when %s', (_when, work: (thread: SessionCell) => void) => {
    const { thread, broker } = start()
    work(thread)
    expect(broker.left).toBe('unknown')
  })

  test('is unknown from the beginning of a new loan on', () => {
    const { thread, broker } = start()
    thread.receives(1, session('CZI'))
    expect(broker.left).toBeTypeOf('object')
    broker.begin()
    expect(broker.left).toBe('unknown')
  })
})
