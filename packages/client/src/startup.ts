/**
 * The worker's end answers the client's start-up message itself: the broker's connection is authenticated long since.
 * Messages of "Start-up", chapter 54.2.1 of the PostgreSQL documentation.
 */

/** AuthenticationOk, then ReadyForQuery outside a transaction. */
export const STARTUP_ANSWER = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49])
