/** For this repository's own checks alone: no promise of stability. */

export { closeBrought } from './common/brought.js'
export { startTls } from './connection/tls-client.js'
