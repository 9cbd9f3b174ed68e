/** Who gets what arrives on a connection. */
export interface ConnectionUser {
  /** The bytes are good until this returns. */
  received(chunk: Buffer): void
  /** What was sent has left the process, after `send` returned false. */
  drained(): void
  /** The connection is gone; nothing more arrives. */
  lost(error: Error): void
}

/** For a connection whose bytes interest nobody. */
export const NOBODY: ConnectionUser = { received: () => {}, drained: () => {}, lost: () => {} }
