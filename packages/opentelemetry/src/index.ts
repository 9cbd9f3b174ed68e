export { type BrokerMetricsOptions, observeBroker } from './broker-metrics.js'
export { type ExecutorOptions, observeExecutor } from './executor-signals.js'
