/**
 * Reports metrics and spans of a broker and its executors to OpenTelemetry.
 * @module @pglease/opentelemetry
 */
export { type BrokerMetricsOptions, observeBroker } from './broker-metrics.js'
export { type ExecutorOptions, observeExecutor } from './executor-signals.js'
export type { ReceivedSpan } from './read-span.js'
export { receiveSpans, type SpanSink, type SpanSource } from './receive-spans.js'
