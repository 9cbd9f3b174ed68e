/** Told when what was given to `send` may be followed by more. */
export type SendCallback = (error?: Error | null) => void

/** A write that has to wait. */
export interface HeldWrite {
  chunk: Buffer
  done: SendCallback
}

/** Whose bytes a path carries. */
export interface PathUser {
  /** Gives bytes to the client; false when it wants no more for now. */
  push(chunk: Buffer): boolean
  /** Whether nothing is to be sent any more, also of what has waited here: then the lease ends by this call. */
  endsByAbort(): boolean
}

/** What carries the bytes of a granted lease. */
export interface LeasePath {
  /** Called with one chunk at a time: the next one comes after `done`. */
  send(chunk: Buffer, done: SendCallback): void
  /** The client has taken what was given to it, and wants more. */
  wanted(): void
  /** Asks the server to cancel what runs. */
  cancel(): void
  /**
   * Ends the lease.
   * @param mayKeep whether the broker need not be told.
   */
  release(how: 'release' | 'destroy', mayKeep: boolean): void
}
