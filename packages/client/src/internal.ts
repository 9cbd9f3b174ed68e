/** For `@pglease/broker` alone: no promise of stability. */
export { BrokerLink } from './broker-link.js'
export { keepErrorsWhole } from './comlink-errors.js'
export * from './contract.js'
export { ReceiveWindow, SendWindow, WINDOW_BYTES } from './flow-window.js'
export { type FrameChannel, PortChannel } from './port-channel.js'
export * from './task-contract.js'
export { fromWire, toWire } from './wire-error.js'
export { withLease } from './with-connection.js'
