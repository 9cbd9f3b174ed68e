/**
 * Reports metrics and spans of a broker and its executors to OpenTelemetry.
 * @module @pglease/opentelemetry
 */
export { type BrokerMetricsOptions, observeBroker } from './broker-metrics.js'
export { type ExecutorOptions, observeExecutor } from './executor-signals.js'
