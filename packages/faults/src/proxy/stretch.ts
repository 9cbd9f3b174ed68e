import type { Socket } from 'node:net'

/**
 * What becomes of the bytes of one direction:
 * - `pass`;
 * - `hold`: they wait, as if the network had fallen silent;
 * - `swallow`: they are lost, as in a broken network, and nobody is told;
 * - `trickle`: so many pass each millisecond;
 * - `cut`: so many more pass, then the connection breaks.
 */
export type Manner =
  | { readonly is: 'pass' | 'hold' | 'swallow' }
  | { readonly is: 'trickle'; readonly bytes: number }
  | { readonly is: 'cut'; readonly after: number }

export const PASS: Manner = { is: 'pass' }

/** What is held at the most before the sender has to wait as well. */
const MOST_HELD_BYTES = 4 * 1024 * 1024

/** One direction of a connection, between two sockets. */
export class Stretch {
  readonly #from: Socket
  readonly #to: Socket
  readonly #breakLink: () => void
  #manner: Manner = PASS
  /** What has come and has not gone on. */
  #held: Buffer[] = []
  #heldBytes = 0
  /** Whether the sender says no more: told on behind all that is held. */
  #isEnded = false
  #timer: NodeJS.Timeout | undefined
  /** Whether bytes of it were lost: then it stays silent until the connection breaks. */
  hasLost = false

  constructor(from: Socket, to: Socket, breakLink: () => void) {
    this.#from = from
    this.#to = to
    this.#breakLink = breakLink
    from.on('data', (chunk: Buffer) => {
      this.#held.push(chunk)
      this.#heldBytes += chunk.length
      if (this.#heldBytes > MOST_HELD_BYTES) from.pause()
      this.#flow()
    })
    from.on('end', () => {
      this.#isEnded = true
      this.#flow()
    })
    to.on('drain', () => from.resume())
    to.on('close', () => clearInterval(this.#timer))
  }

  set manner(manner: Manner) {
    // No network delivers what comes behind bytes that it has lost.
    if (this.hasLost) return
    clearInterval(this.#timer)
    this.#manner = manner
    // Of one that has gone nobody would stop the timer.
    if (manner.is === 'trickle' && !this.#to.closed)
      this.#timer = setInterval(() => this.#send(manner.bytes), 1)
    this.#flow()
    if (manner.is === 'pass') this.#from.resume()
  }

  get isSilent(): boolean {
    return this.#manner.is === 'hold' || this.#manner.is === 'swallow'
  }

  #flow(): void {
    const manner = this.#manner
    if (manner.is === 'pass') this.#send(this.#heldBytes)
    else if (manner.is === 'swallow') this.#lose()
    else if (manner.is === 'cut') this.#sendAndCut(manner.after)
  }

  #lose(): void {
    if (this.#heldBytes > 0 || this.#isEnded) this.hasLost = true
    this.#held = []
    this.#heldBytes = 0
  }

  #sendAndCut(after: number): void {
    const left = after - this.#heldBytes
    this.#manner = { is: 'cut', after: Math.max(0, left) }
    this.#send(Math.min(after, this.#heldBytes))
    // A socket that is destroyed sends nothing more: what was written has to leave first.
    if (left <= 0) setImmediate(this.#breakLink)
  }

  #send(bytes: number): void {
    for (let left = bytes; left > 0 && this.#held.length > 0; ) {
      const chunk = this.#held.shift()!
      if (chunk.length > left) this.#held.unshift(chunk.subarray(left))
      const part = chunk.subarray(0, left)
      left -= part.length
      this.#heldBytes -= part.length
      if (this.#to.writable && !this.#to.write(part)) this.#from.pause()
    }
    const mayTellEnd = this.#isEnded && this.#heldBytes === 0 && this.#manner.is !== 'cut'
    if (mayTellEnd && this.#to.writable) this.#to.end()
  }
}
