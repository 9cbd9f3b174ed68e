import { once } from 'node:events'
import { MessageChannel, Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { Channels, type FrameChannel, MOST_CHANNELS } from '../../src/lease/channels.js'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A channel as a test sees it. */
interface Seen {
  readonly channel: FrameChannel<unknown, unknown>
  readonly cell: unknown
  readonly frames: unknown[]
  closes: number
}

function watch(channel: FrameChannel<unknown, unknown>, cell?: unknown): Seen {
  const seen: Seen = { channel, cell, frames: [], closes: 0 }
  channel.onFrame = (frame) => seen.frames.push(frame)
  channel.onClose = () => seen.closes++
  return seen
}

/** Both sides of a port, and what the second sees of the channels that the first opens. */
function start() {
  const { port1, port2 } = new MessageChannel()
  const opened: Seen[] = []
  const ours = new Channels<unknown, unknown>(port1)
  const theirs = new Channels<unknown, unknown>(port2, {
    opened: (channel, cell) => opened.push(watch(channel, cell)),
    garbage: () => port2.close(),
    done: () => {},
  })
  closers.push(() => port1.close())
  const open = () => watch(ours.open(new SharedArrayBuffer(8)))
  return { port1, port2, ours, theirs, opened, open }
}

const settled = (value: () => unknown) => expect.poll(value, { timeout: 10_000 })

test('each channel has frames of its own, both ways and in order', async () => {
  const { opened, open } = start()
  const [first, second] = [open(), open()]
  for (const number of [1, 2]) first.channel.post({ number })
  second.channel.postCopy(Uint8Array.of(3))
  await settled(() => opened.map(({ frames }) => frames)).toEqual([
    [{ number: 1 }, { number: 2 }],
    [Uint8Array.of(3)],
  ])
  expect(opened[0]!.cell).toBeInstanceOf(SharedArrayBuffer)
  opened[1]!.channel.post('to the second')
  await settled(() => [first.frames, second.frames]).toEqual([[], ['to the second']])
})

test.each([10, 100_000])('%i bytes that are posted stay the caller’s', async (count) => {
  const { opened, open } = start()
  const bytes = new Uint8Array(count).fill(1)
  open().channel.postCopy(bytes.subarray(1))
  await settled(() => opened[0]?.frames).toEqual([new Uint8Array(count - 1).fill(1)])
  expect(bytes.byteLength).toBe(count)
})

test('a channel that either side closes is closed for both, once, and the others go on', async () => {
  const { opened, open } = start()
  const seen = [open(), open(), open()]
  await settled(() => opened.length).toBe(3)
  seen[0]!.channel.close()
  opened[1]!.channel.close()
  for (const { channel } of seen) channel.post('late')
  await settled(() => opened.map(({ closes, frames }) => [closes, frames])).toEqual([
    [1, []],
    [1, []],
    [0, ['late']],
  ])
  await settled(() => seen.map(({ closes }) => closes)).toEqual([1, 1, 0])
})

test('the end of the port ends all channels', async () => {
  const { theirs, opened, open } = start()
  const seen = [open(), open()]
  await settled(() => opened.length).toBe(2)
  theirs.close()
  await settled(() => [...seen, ...opened].map(({ closes }) => closes)).toEqual([1, 1, 1, 1])
})

const NO_MESSAGES = [
  null,
  undefined,
  'x',
  {},
  { channel: 'x' },
  { channel: 1 },
  { channel: 0.5 },
  [],
  [1, 2, 3],
]

test.each(NO_MESSAGES.map((message) => [message]))(
  'the message %j ends the port, and no more',
  async (message) => {
    const { port1, opened, open } = start()
    const seen = open()
    port1.postMessage(message)
    await settled(() => [seen, ...opened].map(({ closes }) => closes)).toEqual([1, 1])
  },
)

test.each([[[7, 'x']], [[null, 'x']], [7], [Number.NaN]])(
  'the message %j is for no channel',
  async (message) => {
    const { port1, opened, open } = start()
    open().channel.post(1)
    port1.postMessage(message)
    const last = open()
    last.channel.post(2)
    await settled(() => opened.map(({ closes, frames }) => [closes, frames])).toEqual([
      [0, [1]],
      [0, [2]],
    ])
  },
)

/** Takes a port, opens two channels on it, and lets go of them when it is told to. */
const HOLDER = `
const { workerData } = require('node:worker_threads')
import(workerData.module).then(({ Channels }) => {
  const channels = new Channels(workerData.port)
  const [first, second] = [0, 1].map(() => channels.open(new SharedArrayBuffer(8)))
  for (const each of [first, second, second]) each.ref()
  first.unref()
  second.onFrame = () => second.unref()
  second.post('ready')
})`

test('a thread lives for as long as one channel wants it to', async () => {
  const { port1, port2 } = new MessageChannel()
  const module = new URL('../../dist/lease/channels.js', import.meta.url).href
  const worker = new Worker(HOLDER, {
    eval: true,
    workerData: { module, port: port2 },
    transferList: [port2],
  })
  const exit = once(worker, 'exit')
  const channel = await new Promise<FrameChannel<unknown, unknown>>((resolve) => {
    let opened = 0
    new Channels<unknown, unknown>(port1, {
      opened: (channel) => {
        channel.onFrame = () => resolve(channel)
        opened++
      },
      garbage: () => port1.close(),
      done: () => {},
    })
    expect(opened).toBe(0)
    port1.ref()
  })
  channel.post('let go')
  expect(await exit).toEqual([0])
})

test('so many channels there may be, and for one more there is an error', async () => {
  const { port1 } = new MessageChannel()
  const channels = new Channels(port1)
  port1.close()
  const open = () => channels.open(new SharedArrayBuffer(8))
  for (let left = MOST_CHANNELS - 1; left > 0; left--) open()
  const last = open()
  expect(open).toThrow(expect.objectContaining({ code: 'PGLEASE_QUEUE_FULL', limit: MOST_CHANNELS }))
  last.close()
  expect(open).not.toThrow()
})
