import { EventEmitter, once } from 'node:events'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { Channels, type FrameChannel, fromWire, type Wire } from '@pglease/client/internal'
import type { AttachOptions, ConnectionBroker } from '../../src/index.js'
import { ThreadShare } from '../../src/lease/thread-share.js'

/** What Comlink calls a message of the control port; only as far as the tests look at it. */
interface Answer {
  id?: unknown
  type?: string
  name?: string
  value?: unknown
  /** What the call has thrown. */
  error?: unknown
}

/** A lease port, of the shape of a MessagePort. */
export class RawLeasePort extends EventEmitter {
  readonly #channel: FrameChannel<unknown, unknown>

  constructor(channel: FrameChannel<unknown, unknown>) {
    super()
    this.#channel = channel
    channel.onFrame = (frame) => this.emit('message', frame)
    channel.onClose = () => this.emit('close')
  }

  postMessage(frame: unknown): void {
    this.#channel.post(frame)
  }

  close(): void {
    this.#channel.close()
  }
}

/** A thread as the broker sees one, whose messages a test makes up. */
export class RawThread {
  readonly control: MessagePort
  /** That of the lease ports, once there is one. */
  #leases: MessagePort | undefined
  #channels: Channels<unknown, unknown> | undefined
  /** Resolves when the broker has closed the control port. */
  readonly closed: Promise<unknown>
  #calls = 0

  /** @param share of the thread, where it attaches more than once. */
  constructor(broker: ConnectionBroker, options: AttachOptions = {}, share = new ThreadShare()) {
    const { port1, port2 } = new MessageChannel()
    this.control = port1
    // Its close is seen only once it has been started.
    port1.start()
    this.closed = once(port1, 'close')
    broker.serve({ '@pglease/attach': port2, threadId: 99 }, options, share)
  }

  /** Posts a message as it is, and gives the answer to it. */
  async ask(message: object, transfer: MessagePort[] = []): Promise<Answer> {
    const id = `call ${this.#calls++}`
    this.control.postMessage({ id, ...message }, transfer)
    for (;;) {
      const [answer] = (await once(this.control, 'message')) as [Answer]
      if (answer.id === id)
        return answer.name === 'throw' ? { ...answer, error: fromWire(answer.value as Wire) } : answer
    }
  }

  /** A call as the library makes it. */
  call(method: string, ...values: unknown[]): Promise<Answer> {
    const argumentList = values.map((value) => ({ type: 'RAW', value }))
    return this.ask({ type: 'APPLY', path: [method], argumentList })
  }

  /** The port of the lease ports: what is posted to it is no frame of a lease, but a message of the channels. */
  async leases(): Promise<MessagePort> {
    if (this.#leases === undefined) {
      const { port1, port2 } = new MessageChannel()
      this.#leases = port1
      this.#channels = new Channels(port1)
      const argumentList = [port2, true].map((value) => ({ type: 'RAW', value }))
      await this.ask({ type: 'APPLY', path: ['serveLeases'], argumentList }, [port2])
    }
    return this.#leases
  }

  /**
   * A lease port of this thread.
   * @param cell of a thread that takes sockets, with TLS or not: the memory of its session cell.
   */
  async leasePort(cell = new SharedArrayBuffer(1)): Promise<RawLeasePort> {
    await this.leases()
    return new RawLeasePort(this.#channels!.open(cell))
  }

  close(): void {
    this.control.close()
    this.#leases?.close()
  }
}

/** The next frame of a lease port, with the error in it, if there is one, as its thread would throw it. */
export async function nextFrame(port: RawLeasePort): Promise<unknown> {
  const [frame] = await once(port, 'message')
  return frame.error === undefined ? frame : { ...frame, error: fromWire(frame.error) }
}
