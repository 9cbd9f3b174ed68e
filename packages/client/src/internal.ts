/** For `@pglease/broker` alone: no promise of stability. */

// Of the Comlink that has the handlers of `keepErrorsWhole`.
export { expose } from 'comlink'
export { leaseClient } from './client/leased.js'
export { BROKER_OPTIONS } from './client/option-checks.js'
export { knownPg } from './client/pg-client.js'
export { withLease } from './client/with-connection.js'
export { transact } from './client/with-transaction.js'
export { onAbort } from './common/abort-listener.js'
export { counted } from './common/counted.js'
export { isBytes, isMemory, isPort } from './common/crossed.js'
export { once } from './common/once.js'
export * from './common/option-check.js'
export { nameOf, show, typeOf } from './common/option-words.js'
export { isPassing, isWithin } from './common/retryable.js'
export { makeThreadToken } from './common/thread-token.js'
export { described, partsOf } from './common/values.js'
export { fromWire, toWire, type Wire } from './common/wire-error.js'
export { type AttachRequest, attachRequest, isAttachRequest } from './lease/attach-request.js'
export { BrokerLink } from './lease/broker-link.js'
export { type ChannelMessage, Channels, type FrameChannel, MOST_CHANNELS } from './lease/channels.js'
export { keepErrorsWhole } from './lease/comlink-errors.js'
export * from './lease/contract.js'
export { frameCost, ReceiveWindow, SendWindow, WINDOW_BYTES } from './lease/flow-window.js'
export { MOST_UNSEEN_LEASES } from './lease/hold-times.js'
export { KeptStatements, type StatementsOfLease, statementId } from './lease/kept-statements.js'
export { ISOLATION_LEVELS, LEASE_OPTION_CHECKS } from './lease/lease-checks.js'
export { connectionLost } from './lease/lease-errors.js'
export { CELL_BYTES, SessionCell, type Traffic } from './lease/session-cell.js'
export { backendTypes, startTypes } from './protocol/backend-types.js'
export { commandComplete, MessageMatch } from './protocol/command-complete.js'
export { Close, frontendTypes, Parse } from './protocol/frontend-types.js'
export { MessageScanner } from './protocol/message-scanner.js'
export {
  copyFailMessage,
  queryMessage,
  syncMessage,
  terminateMessage,
  undoAndSync,
} from './protocol/messages.js'
export {
  behindReset,
  canResetAhead,
  RESET_AHEAD,
  RESET_KEEPING,
  ResetAnswer,
  ResetFailedError,
  type ResetForm,
  resetForm,
  SHORT_LEASE_MILLIS,
} from './protocol/reset-ahead.js'
export { RowParser } from './protocol/row-parser.js'
export { isSnapshot, type SessionSnapshot, SessionTracker } from './protocol/session-tracker.js'
export { type Address, mustHaveOpenSsl, openSsl } from './socket/openssl.js'
export { PlainSocket } from './socket/plain-socket.js'
export { processLibrary } from './socket/process-library.js'
export { SecureSocket } from './socket/secure-socket.js'
export type { WriteCallback } from './socket/socket-shape.js'
export { refuseStandstill, STANDSTILL_BYTES, standStill } from './socket/standstill.js'
export { TlsSession } from './socket/tls-session.js'
export { AheadCell, isAheadOffer } from './task/ahead-cell.js'
export { serveTasks } from './task/serve-tasks.js'
export * from './task/task-contract.js'
export { taskThreadModule } from './task/thread-module.js'
export { cloneError } from './task/uncloneable.js'
