import type { MessagePort } from 'node:worker_threads'
import { type Endpoint, type Remote, wrap } from 'comlink'
import { NotAttachedError } from '../common/errors.js'
import { keepErrorsWhole } from './comlink-errors.js'
import type { BrokerControl, BrokerInfo } from './contract.js'
import { loopsTurned } from './loops-turned.js'

/** This thread's end of a control port. */
export class ControlLink {
  /** Kept as long as the port is: a proxy that is collected drops the answers under way. */
  readonly control: Remote<BrokerControl>
  readonly #port: MessagePort

  constructor(port: MessagePort) {
    keepErrorsWhole()
    this.#port = port
    this.control = wrap<BrokerControl>(endpointOf(port))
  }

  /**
   * Comlink never settles a call whose port closes, so the call races against the port and the clock. Where it fails, the
   * port is closed.
   * @throws NotAttachedError when no broker answers.
   */
  async hello(limitMillis: number): Promise<BrokerInfo> {
    const settled = new AbortController()
    const closed = new Promise<never>((_, reject) =>
      this.onClose(() => reject(notAttached('has closed, or there is none'))),
    )
    const silent = loopsTurned(limitMillis, settled.signal).then(() => {
      throw notAttached(`did not answer within ${limitMillis} ms`)
    })
    this.#port.ref()
    try {
      return await Promise.race([this.control.hello(), closed, silent])
    } catch (error) {
      this.close()
      throw error
    } finally {
      settled.abort()
      this.#port.unref()
    }
  }

  onClose(listener: () => void): void {
    this.#port.once('close', listener)
  }

  close(): void {
    this.#port.close()
  }
}

/**
 * For a listener in the way of the DOM Node makes a `MessageEvent`, and since Node 22 it loads all of `fetch` for the first one in
 * each thread: a third of the time that a thread takes to its first query.
 */
function endpointOf(port: MessagePort): Endpoint {
  return {
    addEventListener: (_type: string, listener: (event: { data: unknown }) => void) =>
      port.on('message', (data) => listener({ data })),
    removeEventListener: unexpected,
    postMessage: (message: unknown, transfer?: never[]) => port.postMessage(message, transfer),
  } as Endpoint
}

/** Comlink does so at the end of an endpoint that is exposed, which this one is not. */
function unexpected(): never {
  throw new Error('Comlink took a listener away from an endpoint that is not exposed')
}

function notAttached(what: string): NotAttachedError {
  return new NotAttachedError(
    `The broker ${what}. Call broker.attach(worker) on the main thread right after new Worker(…), ` +
      'or run the code as a task of a SharedPoolExecutor.',
  )
}
