export type { EmbeddedPostgres } from './embedded-postgres.js'
export type { ShutDownMode } from './messages.js'
export { type PostgresOptions, startPostgres, startStandby } from './start.js'
