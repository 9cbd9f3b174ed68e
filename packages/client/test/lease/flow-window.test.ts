import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ReceiveWindow, SendWindow, WINDOW_BYTES } from '../../src/lease/flow-window.js'

/** Bytes of a chunk to send, or `take`: the receiver deals with the oldest chunk under way. */
const steps = fc.array(
  fc.oneof(
    fc.integer({ min: 1, max: 3 * WINDOW_BYTES }),
    fc.integer({ min: 1, max: 100 }),
    fc.constant('take'),
  ),
  { maxLength: 200 },
)

/** A sender that keeps to its window, and a receiver that takes its time. */
class Traffic {
  readonly sender = new SendWindow()
  readonly receiver = new ReceiveWindow()
  readonly #underWay: number[] = []
  acknowledgements = 0

  get bytesUnderWay(): number {
    return this.#underWay.reduce((sum, bytes) => sum + bytes, 0)
  }

  send(bytes: number): void {
    if (this.sender.isFull) return
    this.sender.sent(bytes)
    this.#underWay.push(bytes)
  }

  take(): void {
    const due = this.receiver.consumed(this.#underWay.shift() ?? 0)
    if (due === 0) return
    this.acknowledgements++
    this.sender.acknowledged(due)
  }

  takeAll(): void {
    while (this.#underWay.length > 0) this.take()
  }
}

test('no more than a window and one chunk are ever under way', () => {
  fc.assert(
    fc.property(steps, (each) => {
      const traffic = new Traffic()
      for (const step of each) {
        if (typeof step === 'string') traffic.take()
        else {
          const before = traffic.bytesUnderWay
          traffic.send(step)
          if (before >= WINDOW_BYTES) expect(traffic.bytesUnderWay).toBe(before)
        }
      }
    }),
  )
})

test('a sender may go on once the receiver has dealt with everything, whatever the chunks were', () => {
  fc.assert(
    fc.property(steps, (each) => {
      const traffic = new Traffic()
      for (const step of each) typeof step === 'string' ? traffic.take() : traffic.send(step)
      traffic.takeAll()
      expect(traffic.sender.isFull).toBe(false)
    }),
  )
})

test('small answers cost no acknowledgement, large ones one for each quarter of a window', () => {
  const traffic = new Traffic()
  for (let answer = 0; answer < 1000; answer++) {
    traffic.send(200)
    traffic.take()
  }
  expect(traffic.acknowledgements).toBe(0)
  for (let chunk = 0; chunk < 64; chunk++) {
    traffic.send(64 * 1024)
    traffic.take()
  }
  expect(traffic.acknowledgements).toBe(Math.floor((200_000 + 64 * 65_536) / (WINDOW_BYTES / 4)))
})
