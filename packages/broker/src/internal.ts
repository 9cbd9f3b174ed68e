/** For this repository's own checks alone: no promise of stability. */

export { startTls } from './connection/tls-client.js'
