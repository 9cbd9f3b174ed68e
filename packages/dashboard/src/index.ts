/**
 * A live page of a broker and its executors, as a request handler.
 * @module @pglease/dashboard
 */
export { createDashboard, type Dashboard } from './dashboard.js'
export type { DashboardExecutor, DashboardOptions } from './options.js'
