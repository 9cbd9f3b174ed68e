export { createDashboard, type Dashboard } from './dashboard.js'
export type { DashboardExecutor, DashboardOptions } from './options.js'
