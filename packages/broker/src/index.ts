/**
 * Runs on the main thread: owns one small pool of connections for each database, and runs tasks in threads that lease them. It exports
 * what `@pglease/client` does as well.
 * @module @pglease/broker
 */
export * from '@pglease/client'
export { type BrokerState, ConnectionBroker } from './broker.js'
export type {
  AttachOptions,
  BrokerEvents,
  BrokerOptions,
  CloseOptions,
  HealthcheckOptions,
  RecycleOptions,
} from './broker-options.js'
export {
  type ConnectionClosedMessage,
  type ConnectionFailedMessage,
  type ConnectionOpenedMessage,
  channels,
  type DatabaseMessage,
  type GrantedLeaseMessage,
  type LeaseEndedMessage,
  type LeaseGrantedMessage,
  type LeaseMessage,
  type LeaseRefusedMessage,
  type LeaseReleasedMessage,
  type LeaseWithdrawnMessage,
  type TaskEndedMessage,
  type TaskMessage,
  type TaskQueuedMessage,
  type TaskStartedMessage,
  type TypedChannel,
} from './common/channels.js'
export type { DatabaseHealth, Health, HealthReason } from './common/health.js'
export type { CloseReason, DatabaseStatistics, Distribution, RelayReason } from './common/statistics.js'
export type {
  BrokerWarning,
  LeaseWarning,
  PoolWarning,
  ProtocolWarning,
  ReachWarning,
  RelayWarning,
} from './common/warnings.js'
export type { DatabaseOptions, PoolSize, ServerOptions } from './connection/database-options.js'
export type { HostOptions } from './connection/hosts.js'
export type { SessionAttributes } from './connection/session-attributes.js'
export { SharedPoolExecutor } from './executor/executor.js'
export type { ExecutorOptions, ThreadOptions } from './executor/executor-options.js'
export type { TaskInput, TaskName, TaskResult } from './executor/executor-types.js'
export type { Inputs, MapOptions, SettledTask } from './executor/map-tasks.js'
export type { RunOptions } from './executor/run-options.js'
export type { TaskReport } from './executor/task-report.js'
export type { LeaseReport } from './lease/lease-report.js'
export { installShutdown, type Shutdown, type ShutdownOptions } from './shutdown.js'
