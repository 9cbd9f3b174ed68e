import { expect, test } from 'vitest'
import type { FrameChannel } from '../../src/lease/channels.js'
import type { BrokerFrame, GrantFrame, RevokeFrame, WorkerFrame } from '../../src/lease/contract.js'
import { type LeaseHolder, LeasePort } from '../../src/lease/lease-port.js'
import { SessionCell } from '../../src/lease/session-cell.js'

/** A transport whose other side is the test. */
class TestChannel implements FrameChannel<BrokerFrame, WorkerFrame> {
  onFrame: (frame: BrokerFrame) => void = () => {}
  onClose = () => {}
  readonly posted: unknown[] = []
  holdsThread = false

  post(frame: WorkerFrame): void {
    this.posted.push(frame)
  }

  postCopy(chunk: Uint8Array): void {
    this.posted.push(chunk)
  }

  readAhead(): void {}

  ref(): void {
    this.holdsThread = true
  }

  unref(): void {
    this.holdsThread = false
  }

  close(): void {}
}

class TestHolder implements LeaseHolder {
  readonly seen: unknown[] = []

  granted({ grant }: GrantFrame): void {
    this.seen.push(`granted ${grant}`)
  }

  received(bytes: Uint8Array): void {
    this.seen.push([...bytes])
  }

  acknowledged(bytes: number): void {
    this.seen.push(bytes)
  }

  cancelled(): void {
    this.seen.push('cancelled')
  }

  revoked({ revoke }: RevokeFrame): void {
    this.seen.push(`revoked ${revoke}`)
  }

  portClosed(): void {
    this.seen.push('closed')
  }
}

const REQUEST = { database: 'default' }
const BYTES = Uint8Array.of(1)
const grant = (number: number): BrokerFrame => ({
  grant: number,
  processId: 1,
  serverVersion: '18.4',
  bytes: undefined,
})

function start() {
  const channel = new TestChannel()
  const free: LeasePort[] = []
  const port = new LeasePort(channel, new SessionCell(), (each) => free.push(each))
  const open = () => {
    const holder = new TestHolder()
    port.open(holder, REQUEST, BYTES)
    return holder
  }
  return { channel, port, free, open }
}

test('a lease is opened with its first bytes, and keeps its thread alive until its release', () => {
  const { channel, port, free, open } = start()
  open()
  expect(channel.posted).toEqual([{ open: 1, request: REQUEST, bytes: BYTES }])
  expect(channel.holdsThread).toBe(true)
  port.end('release')
  expect(channel.posted).toHaveLength(2)
  expect(channel.holdsThread).toBe(false)
  expect(free).toEqual([port])
})

test('frames go to the holder from the grant on', () => {
  const { channel, open } = start()
  const holder = open()
  for (const frame of [BYTES, 5, grant(1), BYTES, 5]) channel.onFrame(frame)
  expect(holder.seen).toEqual(['granted 1', [1], 5])
})

test('nothing of one lease reaches the next on the same port', () => {
  const { channel, port, open } = start()
  open()
  channel.onFrame(grant(1))
  port.end('release')
  for (const frame of [BYTES, 7]) channel.onFrame(frame)
  const next = open()
  // Of the first lease, posted before the broker saw its release.
  for (const frame of [BYTES, 7, { revoke: 1, error: undefined }, grant(1)]) channel.onFrame(frame)
  expect(next.seen).toEqual([])
  for (const frame of [grant(2), BYTES]) channel.onFrame(frame)
  expect(next.seen).toEqual(['granted 2', [1]])
})

test('a lease may be revoked before it is granted, and after', () => {
  const { channel, port, open } = start()
  const first = open()
  channel.onFrame({ revoke: 1, error: undefined })
  port.end('release')
  const second = open()
  channel.onFrame(grant(2))
  channel.onFrame({ revoke: 2, error: undefined })
  expect([first.seen, second.seen]).toEqual([['revoked 1'], ['granted 2', 'revoked 2']])
})

test('a holder is told that its port has closed, and only it', () => {
  const { channel, port, open } = start()
  const past = open()
  port.end('destroy')
  const holder = open()
  channel.onClose()
  expect(holder.seen).toEqual(['closed'])
  expect(past.seen).toEqual([])
  expect(port.isOpen).toBe(false)
})

test('a port carries one lease at a time', () => {
  const { open } = start()
  open()
  expect(open).toThrow('carries a lease already')
})
