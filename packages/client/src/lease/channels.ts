import { type MessagePort, receiveMessageOnPort, type TransferListItem } from 'node:worker_threads'
import { QueueFullError } from '../common/errors.js'

/** What a lease needs of its transport: frames in order, both ways, and the news that the other side is gone. */
export interface FrameChannel<In, Out> {
  /** Called for each frame. Set before the first can arrive. */
  onFrame: (frame: In) => void
  /** Called once, when either side has closed or the other thread has ended. */
  onClose: () => void
  post(frame: Out): void
  /** Posts bytes that stay the caller's. */
  postCopy(chunk: Uint8Array): void
  /** Receives at once, for all channels, what has come and waits for its turn. */
  readAhead(): void
  /** Keeps the thread alive while it waits for an answer. */
  ref(): void
  unref(): void
  close(): void
}

/** What passes on the port: a channel's number and a frame for it, a new channel, or the number of one that is closed. */
export type ChannelMessage<Frame> = [channel: number, frame: Frame] | NewChannel | number

interface NewChannel {
  channel: number
  /** The memory of its `SessionCell`. */
  cell: unknown
}

/** Told of what the other side does. */
export interface ChannelEvents<In, Out> {
  /** It has opened a channel. */
  opened(channel: FrameChannel<In, Out>, cell: unknown): void
  /** It has posted what is no message of channels, or has opened too many. */
  garbage(message: unknown): void
  /** What it has posted on a channel is dealt with, or was dropped because this side has closed the channel. */
  done(frame: In): void
}

/**
 * A thread has so many channels at the most: one for each lease that waits or holds a connection, at once. What each costs in
 * memory, here and there, is about two kilobytes.
 */
export const MOST_CHANNELS = 2 ** 17

/**
 * A copy of at least this many bytes is moved to the other thread, fewer are copied again: moving detaches and
 * re-attaches a buffer at a fixed price, copying is cheap while it stays in the cache.
 */
const TRANSFER_BYTES = 16 * 1024

/**
 * The channels between a thread and the broker, all on one MessagePort, and the only place that knows of it. With a port
 * for each channel a wake-up of either thread would look at all the ports there are: then each of thousands of leases that
 * wait would cost as much as there are of them.
 */
export class Channels<In, Out> {
  readonly #port: MessagePort
  readonly #events: ChannelEvents<In, Out>
  readonly #channels = new Map<number, Channel<In, Out>>()
  /** Of the latest channel that this side has opened. */
  #number = 0
  /** How many channels keep the thread alive. */
  #refs = 0

  /** @param events not needed on the side that opens the channels. */
  constructor(port: MessagePort, events?: ChannelEvents<In, Out>) {
    this.#port = port
    this.#events = events ?? { opened: unexpected, garbage: () => this.close(), done: () => {} }
    port.on('message', (message: ChannelMessage<In>) => this.#receive(message))
    port.on('close', () => {
      for (const channel of [...this.#channels.values()]) this.#end(channel)
    })
    port.unref()
  }

  get size(): number {
    return this.#channels.size
  }

  /** @throws QueueFullError */
  open(cell: SharedArrayBuffer): FrameChannel<In, Out> {
    if (this.size >= MOST_CHANNELS) throw tooMany()
    this.#number++
    this.#port.postMessage({ channel: this.#number, cell } satisfies NewChannel)
    return this.#add(this.#number)
  }

  close(): void {
    this.#port.close()
  }

  #readAhead(): void {
    for (
      let next = receiveMessageOnPort(this.#port);
      next !== undefined;
      next = receiveMessageOnPort(this.#port)
    )
      this.#receive(next.message)
  }

  #receive(message: ChannelMessage<In>): void {
    if (isFrame(message)) this.#deliver(message[0], message[1])
    else if (typeof message === 'number') this.#end(this.#channels.get(message))
    else if (this.#isNew(message)) this.#events.opened(this.#add(message.channel), message.cell)
    else this.#events.garbage(message)
  }

  /** Something may still come on a channel that this side has closed. */
  #deliver(number: number, frame: In): void {
    this.#channels.get(number)?.onFrame(frame)
    this.#events.done(frame)
  }

  #isNew(message: unknown): message is NewChannel {
    const { channel }: Partial<NewChannel> = Object(message)
    const isNew = Number.isSafeInteger(channel) && !this.#channels.has(channel!)
    return isNew && Object.keys(message as NewChannel).length === 2
  }

  #add(number: number): Channel<In, Out> {
    const channel = new Channel<In, Out>(this.#port, number)
    channel.onRef = (by) => this.#ref(by)
    channel.readAhead = () => this.#readAhead()
    channel.onEnd = () => this.#end(channel)
    this.#channels.set(number, channel)
    return channel
  }

  #ref(by: 1 | -1): void {
    this.#refs += by
    if (this.#refs === 0) this.#port.unref()
    else if (this.#refs === 1 && by === 1) this.#port.ref()
  }

  #end(channel: Channel<In, Out> | undefined): void {
    if (channel === undefined || !this.#channels.delete(channel.number)) return
    channel.unref()
    channel.onClose()
  }
}

class Channel<In, Out> implements FrameChannel<In, Out> {
  onFrame: (frame: In) => void = unexpected
  onClose: () => void = () => {}
  onRef: (by: 1 | -1) => void = () => {}
  onEnd: () => void = () => {}
  readAhead: () => void = () => {}
  readonly #port: MessagePort
  readonly number: number
  #state: 'ref' | 'unref' = 'unref'

  constructor(port: MessagePort, number: number) {
    this.#port = port
    this.number = number
  }

  post(frame: Out): void {
    this.#port.postMessage([this.number, frame] satisfies ChannelMessage<Out>)
  }

  postCopy(chunk: Uint8Array): void {
    const own = new Uint8Array(chunk)
    if (own.byteLength < TRANSFER_BYTES) this.#port.postMessage([this.number, own])
    else this.#port.postMessage([this.number, own], [own.buffer as unknown as TransferListItem])
  }

  ref(): void {
    if (this.#state === 'ref') return
    this.#state = 'ref'
    this.onRef(1)
  }

  unref(): void {
    if (this.#state === 'unref') return
    this.#state = 'unref'
    this.onRef(-1)
  }

  close(): void {
    this.#port.postMessage(this.number)
    this.onEnd()
  }
}

function isFrame<Frame>(message: ChannelMessage<Frame>): message is [number, Frame] {
  return Array.isArray(message) && message.length === 2
}

function tooMany(): QueueFullError {
  const message = `This thread has ${MOST_CHANNELS} leases, which wait or hold a connection: more it may not have at once.`
  return new QueueFullError(message, { limit: MOST_CHANNELS })
}

/** The same bytes in a buffer of their own: posting a view posts all the memory behind it. */
export function ownBytes(chunk: Uint8Array): Uint8Array {
  return chunk.byteLength === chunk.buffer.byteLength ? chunk : new Uint8Array(chunk)
}

function unexpected(): never {
  throw new Error('A frame arrived before anyone listened')
}
