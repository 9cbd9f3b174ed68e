export type { EmbeddedPostgres } from './embedded-postgres.js'
export { freePort } from './free-port.js'
export type { ShutDownMode } from './messages.js'
export { type PostgresOptions, shareTemplate, startPostgres, startStandby } from './start.js'
