/** For `@pglease/broker` alone: no promise of stability. */
export { onAbort } from './abort-listener.js'
export { AheadCell, isAheadOffer } from './ahead-cell.js'
export { BrokerLink } from './broker-link.js'
export { keepErrorsWhole } from './comlink-errors.js'
export * from './contract.js'
export { ReceiveWindow, SendWindow, WINDOW_BYTES } from './flow-window.js'
export { MOST_UNSEEN_LEASES } from './hold-times.js'
export { connectionLost } from './lease-errors.js'
export { once } from './once.js'
export { type Address, mustHaveOpenSsl, openSsl } from './openssl.js'
export { PlainSocket } from './plain-socket.js'
export { type FrameChannel, PortChannel } from './port-channel.js'
export { processLibrary } from './process-library.js'
export {
  copyFailMessage,
  queryMessage,
  syncMessage,
  terminateMessage,
} from './protocol/messages.js'
export {
  behindReset,
  canResetAhead,
  RESET_AHEAD,
  ResetAnswer,
  ResetFailedError,
  SHORT_LEASE_MILLIS,
} from './protocol/reset-ahead.js'
export { isSnapshot, type SessionSnapshot, SessionTracker } from './protocol/session-tracker.js'
export { SecureSocket } from './secure-socket.js'
export { CELL_BYTES, SessionCell, type Traffic } from './session-cell.js'
export type { WriteCallback } from './socket-shape.js'
export { STANDSTILL_BYTES, standStill } from './standstill.js'
export * from './task-contract.js'
export { TlsSession } from './tls-session.js'
export { fromWire, toWire } from './wire-error.js'
export { withLease } from './with-connection.js'
