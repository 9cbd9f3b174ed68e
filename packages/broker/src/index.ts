export * from '@pglease/client'
export {
  type AttachOptions,
  type BrokerOptions,
  type BrokerState,
  type CloseOptions,
  ConnectionBroker,
  type RecycleOptions,
} from './broker.js'
export type { DatabaseOptions, ServerOptions } from './database-options.js'
export { SharedPoolExecutor } from './executor.js'
export type { ExecutorOptions } from './executor-options.js'
export type { TaskInput, TaskName, TaskResult } from './executor-types.js'
export type { MapOptions } from './map-tasks.js'
export type { RunOptions } from './run-options.js'
export type { CloseReason, DatabaseStatistics, Distribution } from './statistics.js'
export type { LeaseWarning } from './warnings.js'
