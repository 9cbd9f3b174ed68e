import { serialize } from 'pg-protocol/dist/serializer.js'
import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../src/common/errors.js'
import { SessionTracker } from '../../src/protocol/session-tracker.js'
import { extended, message, messages } from './wire.js'

const query = serialize.query('SELECT 1')
const sync = serialize.sync()
const flush = serialize.flush()
const copyData = serialize.copyData(Buffer.from('1\n'))
const copyDone = serialize.copyDone()
const copyFail = serialize.copyFail('no')
const terminate = serialize.end()
const execute = extended('SELECT 1')

/** Shows the tracker an exchange: Buffers are sent, strings are the types of the messages received. */
function track(...exchange: (Buffer | string)[]): SessionTracker {
  const tracker = new SessionTracker()
  show(tracker, ...exchange)
  return tracker
}

function show(tracker: SessionTracker, ...exchange: (Buffer | string)[]): void {
  for (const part of exchange) {
    if (typeof part === 'string') tracker.received(messages(part))
    else expect(tracker.sent(part)).toBe(part.length)
  }
}

describe('a session', () => {
  it('is idle when nothing was sent', () => {
    expect(track()).toMatchObject({ state: 'idle', owed: 0, transaction: 'I', copy: 'none', known: true })
  })

  it('owes one ReadyForQuery for each Query, FunctionCall and Sync', () => {
    const functionCall = message('F', Buffer.alloc(10))
    expect(track(query, functionCall, execute, sync, sync)).toMatchObject({ owed: 4, state: 'busy' })
  })

  it('pays them one by one', () => {
    const tracker = track(execute, sync, execute, sync, query, '12DCZI12DCZI')
    expect(tracker).toMatchObject({ owed: 1, state: 'busy' })
    show(tracker, 'TDCZI')
    expect(tracker).toMatchObject({ owed: 0, state: 'idle' })
  })

  it('has the transaction status of the last ReadyForQuery', () => {
    expect(track(query, 'CZT')).toMatchObject({ transaction: 'T', state: 'in-transaction' })
    expect(track(query, 'CZT', query, 'EZE')).toMatchObject({ transaction: 'E', state: 'in-transaction' })
    expect(track(query, 'CZT', query, 'CZI')).toMatchObject({ transaction: 'I', state: 'idle' })
  })

  it('is not known after a transaction status that there is not', () => {
    for (const body of ['', 'X']) {
      const tracker = track(query, 'C')
      tracker.received(message('Z', body))
      expect(tracker).toMatchObject({ owed: 0, state: 'unknown' })
    }
  })

  it('is not known after a ReadyForQuery that nobody asked for', () => {
    expect(track('ZI').state).toBe('unknown')
    expect(track(query, 'CZIZI').state).toBe('unknown')
  })

  it('is not known after an answer that nobody asked for', () => {
    expect(track('E').state).toBe('unknown')
    expect(track(query, 'CZIC').state).toBe('unknown')
  })

  it('is not changed by notices, parameter changes and notifications', () => {
    expect(track('NSA').state).toBe('idle')
    expect(track(query, 'NTSDACNZIA').state).toBe('idle')
  })

  it('tells whether what was asked last has failed', () => {
    const tracker = track(query, query, 'EZICZI')
    expect(tracker.failed).toBe(true)
    show(tracker, query, 'CZI')
    expect(tracker.failed).toBe(false)
  })
})

describe('extended-query messages', () => {
  it('leave the session waiting for a Sync', () => {
    const tracker = track(execute, '12TDC')
    expect(tracker).toMatchObject({ owed: 0, unsynced: true, state: 'busy' })
    show(tracker, sync)
    expect(tracker).toMatchObject({ owed: 1, unsynced: false, state: 'busy' })
    show(tracker, 'ZI')
    expect(tracker.state).toBe('idle')
  })

  it('leave it waiting after a Flush as well, as a cursor does', () => {
    const tracker = track(
      extended('SELECT 1', 1),
      flush,
      '12TDs',
      serialize.execute({ rows: 1 }),
      flush,
      'Ds',
    )
    expect(tracker).toMatchObject({ owed: 0, unsynced: true, state: 'busy' })
    show(tracker, serialize.close({ type: 'P' }), sync, '3ZI')
    expect(tracker.state).toBe('idle')
  })

  it('are each waiting for a Sync', () => {
    for (const type of 'PBDEC')
      expect(track(message(type, 'any'))).toMatchObject({ unsynced: true, state: 'busy' })
  })

  it('that fail are skipped up to the Sync, which is answered', () => {
    expect(track(execute, execute, sync, '1EZI')).toMatchObject({ state: 'idle', failed: true })
    expect(track(execute, sync, execute, sync, '1EZI12TDCZI').state).toBe('idle')
  })

  it('without a Sync in front of a Query make the session unknown', () => {
    expect(track(execute, query).state).toBe('unknown')
  })

  it('do not include a Flush alone', () => {
    expect(track(flush).state).toBe('idle')
    expect(track(flush, query, 'TDCZI').state).toBe('idle')
  })
})

describe('a copy from the client', () => {
  it('lasts from CopyInResponse to CopyDone', () => {
    const tracker = track(query, 'G')
    expect(tracker).toMatchObject({ copy: 'in', owed: 1, state: 'busy' })
    show(tracker, copyData, copyData, copyDone)
    expect(tracker).toMatchObject({ copy: 'none', owed: 1, state: 'busy' })
    show(tracker, 'CZI')
    expect(tracker.state).toBe('idle')
  })

  it('ends with CopyFail', () => {
    const tracker = track(query, 'G', copyData, copyFail)
    expect(tracker).toMatchObject({ copy: 'none', owed: 1 })
    show(tracker, 'EZI')
    expect(tracker).toMatchObject({ state: 'idle', failed: true })
  })

  it('ends with an error of the server, which discards the rest of it', () => {
    expect(track(query, 'G', copyData, 'E')).toMatchObject({ copy: 'none', owed: 1 })
    expect(track(query, 'G', copyData, 'E', copyData, copyDone, 'ZI').state).toBe('idle')
    expect(track(query, 'G', copyData, 'EZI', copyData, copyDone).state).toBe('idle')
    expect(track(query, 'G', copyData, 'EZI', copyDone, query, 'TDCZI').state).toBe('idle')
  })

  it('swallows a Sync that was sent ahead, so that it is owed no longer', () => {
    const tracker = track(execute, sync, '12nG')
    expect(tracker).toMatchObject({ copy: 'in', owed: 0, unsynced: true, state: 'busy' })
    show(tracker, copyData, copyDone, sync)
    expect(tracker).toMatchObject({ copy: 'none', owed: 1, unsynced: false })
    show(tracker, 'CZI')
    expect(tracker.state).toBe('idle')
  })

  it('swallows a Sync that is sent into it', () => {
    expect(track(query, 'G', copyData, sync, copyData, copyDone, 'CZI').state).toBe('idle')
  })

  it('that fails makes the session unknown if a Sync was sent into it', () => {
    expect(track(execute, sync, '12nGE').state).toBe('unknown')
    expect(track(execute, sync, '12nG', copyFail, 'E').state).toBe('unknown')
    expect(track(query, 'G', copyData, sync, 'E').state).toBe('unknown')
  })

  it('that fails is followed by a Sync like every extended query', () => {
    const tracker = track(execute, flush, '12nG', copyData, 'E')
    expect(tracker).toMatchObject({ copy: 'none', unsynced: true, owed: 0 })
    show(tracker, copyDone, sync, 'ZI')
    expect(tracker.state).toBe('idle')
  })

  it('may be sent ahead as a whole', () => {
    expect(track(query, copyData, copyDone, query, 'GCZITDCZI').state).toBe('idle')
    expect(track(execute, copyData, copyDone, sync, '12nGCZI').state).toBe('idle')
    expect(track(execute, sync, copyData, copyDone, sync, '12nG')).toMatchObject({ copy: 'none', owed: 1 })
    expect(track(execute, sync, copyData, copyDone, sync, '12nGCZI').state).toBe('idle')
  })

  it('may be sent ahead even if it does not take place', () => {
    expect(track(query, copyData, copyDone, query, 'EZITDCZI').state).toBe('idle')
    expect(track(execute, copyData, copyDone, sync, '1EZI').state).toBe('idle')
    expect(track(execute, sync, copyDone, execute, sync, copyDone, sync, '1EZI12nGCZI').state).toBe('idle')
  })

  it('is not ended by what was sent to end another one', () => {
    const failed = track(execute, copyDone, sync, '1EZI', query, 'G')
    expect(failed).toMatchObject({ copy: 'in', owed: 1, state: 'busy' })
    const endedTwice = track(execute, sync, copyDone, copyFail, query, '12nGCG')
    expect(endedTwice).toMatchObject({ copy: 'in', owed: 1, state: 'busy' })
  })

  it('may be one of several in a Query', () => {
    expect(track(query, 'G', copyData, copyDone, 'CG', copyData, copyDone, 'CZI').state).toBe('idle')
    expect(track(query, copyDone, copyDone, query, 'GCGCZITDCZI').state).toBe('idle')
  })

  it('does not end with a CopyDone that may have been sent before it began', () => {
    expect(track(execute, copyDone, execute, sync, '12DC12nG').state).toBe('unknown')
  })

  it('takes no other message: the session is not known then', () => {
    expect(track(query, 'G', query).state).toBe('unknown')
    expect(track(query, 'G', execute).state).toBe('unknown')
    expect(track(query, query, 'G').state).toBe('unknown')
  })
})

describe('a copy to the client', () => {
  it('lasts from CopyOutResponse to CopyDone', () => {
    const tracker = track(query, 'Hdd')
    expect(tracker).toMatchObject({ copy: 'out', state: 'busy' })
    show(tracker, 'c')
    expect(tracker).toMatchObject({ copy: 'none', state: 'busy' })
    show(tracker, 'CZI')
    expect(tracker.state).toBe('idle')
  })

  it('ends with an error', () => {
    expect(track(query, 'HddE')).toMatchObject({ copy: 'none', owed: 1 })
  })

  it('does not swallow a Sync', () => {
    expect(track(execute, sync, '12nHddcCZI').state).toBe('idle')
  })
})

it('a copy both ways is not supported: the session is not known', () => {
  expect(track(query, 'W').state).toBe('unknown')
})

describe('half a message', () => {
  it('sent makes the session unknown until the rest is sent', () => {
    const tracker = track(query.subarray(0, 3))
    expect(tracker).toMatchObject({ halfSent: true, owed: 0, state: 'unknown' })
    show(tracker, query.subarray(3))
    expect(tracker).toMatchObject({ halfSent: false, owed: 1, state: 'busy' })
  })

  it('received makes the session busy until the rest has come', () => {
    const ready = messages('ZT')
    const tracker = track(query, 'C')
    tracker.received(ready.subarray(0, 5))
    expect(tracker).toMatchObject({ halfReceived: true, owed: 1, transaction: 'I', state: 'busy' })
    tracker.received(ready.subarray(5))
    expect(tracker).toMatchObject({ halfReceived: false, owed: 0, transaction: 'T', state: 'in-transaction' })

    tracker.received(message('N', 'notice').subarray(0, 7))
    expect(tracker.state).toBe('busy')
  })
})

describe('a Terminate', () => {
  it('is not to be passed on, but what was sent in front of it', () => {
    const tracker = new SessionTracker()
    expect(tracker.sent(Buffer.concat([query, terminate]))).toBe(query.length)
    expect(tracker).toMatchObject({ terminated: true, halfSent: false, owed: 1, state: 'busy' })
    show(tracker, 'TDCZI')
    expect(tracker.state).toBe('idle')
  })

  it('is recognised by its first byte', () => {
    const tracker = track(query.subarray(0, 4))
    expect(tracker.sent(Buffer.concat([query.subarray(4), terminate.subarray(0, 1)]))).toBe(query.length - 4)
    expect(tracker).toMatchObject({ terminated: true, halfSent: false, owed: 1 })
  })

  it('leaves the session to the broker, until it is lent again', () => {
    const tracker = new SessionTracker()
    tracker.sent(terminate)
    show(tracker, query, 'TDCZI')
    tracker.reset()
    expect(tracker).toMatchObject({ terminated: false, state: 'idle' })
  })
})

it('a session that is not idle cannot be lent', () => {
  for (const tracker of [track(query), track(execute), track(query, 'CZT'), track('ZI')]) {
    expect(() => tracker.reset()).toThrow(`A session that is ${tracker.state} cannot be lent`)
  }
})

it('a session is not known after bytes that are not of the protocol', () => {
  const tracker = new SessionTracker()
  expect(() => tracker.sent(Buffer.from('GET / HTTP/1.1'))).toThrow(ProtocolError)
  expect(tracker.state).toBe('unknown')
  const other = track(query)
  expect(() => other.received(Buffer.from('HTTP/1.1 200 OK'))).toThrow(
    expect.objectContaining({ code: 'PGLEASE_PROTOCOL' }),
  )
  expect(other.state).toBe('unknown')
})

it('a pipeline that never runs dry is followed to its end', () => {
  const tracker = track(sync, sync)
  for (let round = 0; round < 5000; round++) show(tracker, sync, 'ZI')
  expect(tracker.owed).toBe(2)
  show(tracker, 'ZIZT')
  expect(tracker.state).toBe('in-transaction')
})
