/**
 * The worker's end answers the client's start-up message itself: the broker's connection is authenticated long since.
 * Messages of "Start-up", chapter 54.2.1 of the PostgreSQL documentation.
 */

/** AuthenticationOk, then ReadyForQuery outside a transaction. */
export const STARTUP_ANSWER = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49])

/** BackendKeyData with the process id alone: the key to cancel with stays on the main thread. */
export function backendKeyData(processId: number): Buffer {
  const message = Buffer.alloc(13)
  message.write('K', 0, 'latin1')
  message.writeInt32BE(12, 1)
  message.writeInt32BE(processId, 5)
  return message
}
