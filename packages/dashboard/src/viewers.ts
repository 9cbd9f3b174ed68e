import type { ServerResponse } from 'node:http'

/** So many events in a row that it could not be sent, for it has not read those before, and a viewer is dropped. */
const MOST_MISSED = 10

interface ViewersEvents {
  /** The first one has come, and nobody was there. */
  some(): void
  /** The last one has gone. */
  none(): void
}

/** Responses of server-sent events, which all get the same. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export class Viewers {
  /** With how many events in a row each has missed. */
  readonly #missed = new Map<ServerResponse, number>()

  constructor(
    private readonly most: number,
    private readonly events: ViewersEvents,
  ) {}

  get size(): number {
    return this.#missed.size
  }

  get isFull(): boolean {
    return this.size >= this.most
  }

  /** Its headers must have been written. One that has gone away before is none. */
  add(response: ServerResponse): void {
    if (response.destroyed) return
    // It may go away between two lines of this; `close` tells of it.
    response.on('error', () => {})
    response.on('close', () => this.#gone(response))
    this.#missed.set(response, 0)
    if (this.size === 1) this.events.some()
  }

  /** Sends an event to everybody but those who have not read the last one; who reads nothing at all is dropped. */
  send(text: string): void {
    for (const [response, missed] of this.#missed) {
      if (!response.writableNeedDrain) {
        this.#missed.set(response, 0)
        sendEvent(response, text)
      } else if (missed < MOST_MISSED) this.#missed.set(response, missed + 1)
      else response.destroy()
    }
  }

  end(): void {
    for (const response of this.#missed.keys()) {
      // One that does not read would keep its connection for ever.
      if (response.writableNeedDrain) response.destroy()
      else response.end()
      this.#gone(response)
    }
  }

  #gone(response: ServerResponse): void {
    if (this.#missed.delete(response) && this.size === 0) this.events.none()
  }
}

/** @param text in one line */
export function sendEvent(response: ServerResponse, text: string): void {
  if (!response.destroyed) response.write(`data: ${text}\n\n`)
}
