import { ConfigurationError, type ConnectionBroker, type SharedPoolExecutor } from '@pglease/broker'

/** What the page needs of one: any `SharedPoolExecutor` will do. */
export type DashboardExecutor = Pick<SharedPoolExecutor, 'queueSize' | 'tasks'>

/** What the page shows, and how much it may ask of the server. */
export interface DashboardOptions {
  /**
   * What requests' paths begin with, such as `/pglease`, where the server does not take that off, as express' `use` does.
   * Default: none.
   */
  prefix?: string
  /** Pages that may be open at a time, from 1 on; one more is told so. Default: 10. */
  maxViewers?: number
  /** The least time between two looks into `pg_stat_activity`, in milliseconds; 0 for none at all. Default: 15000. */
  serverMillis?: number
  /** The greatest part of the time of all connections of a database that these looks may take, up to 1. Default: 0.01. */
  serverShare?: number
  /** Whether the beginning of queries is shown as `pg_stat_activity` has it, with what is written into them. Default: false. */
  showStatements?: boolean
}

const DEFAULTS: Required<DashboardOptions> = {
  prefix: '',
  maxViewers: 10,
  serverMillis: 15_000,
  serverShare: 0.01,
  showStatements: false,
}

const isNumber = (value: unknown, least: number, most: number) =>
  typeof value === 'number' && value >= least && value <= most

/** What each option takes, in words, unless the value will do. */
const CHECKS: Record<keyof DashboardOptions, (value: unknown) => string | undefined> = {
  prefix: (value) =>
    typeof value === 'string' && /^(\/[^/?#]+)*$/.test(value) ? undefined : 'a path such as "/pglease"',
  maxViewers: (value) =>
    Number.isInteger(value) && isNumber(value, 1, 1000) ? undefined : 'a whole number from 1 to 1000',
  serverMillis: (value) => (isNumber(value, 0, 2 ** 31) ? undefined : 'milliseconds, or 0 for never'),
  serverShare: (value) => (isNumber(value, 0.0001, 1) ? undefined : 'a number from 0.0001 to 1'),
  showStatements: (value) => (typeof value === 'boolean' ? undefined : 'true or false'),
}

/**
 * What the page shows, when it is known to be what it should.
 * @throws ConfigurationError
 */
export function readWatched(broker: unknown, executors: unknown): DashboardExecutor[] {
  if (!isBroker(broker))
    throw new ConfigurationError('A dashboard is of a ConnectionBroker, which comes first.')
  const all = [executors].flat()
  if (!all.every(isExecutor))
    throw new ConfigurationError(
      'A dashboard takes a SharedPoolExecutor, or an array of them, behind the broker; its options come third.',
    )
  return all
}

function isBroker(value: unknown): value is ConnectionBroker {
  const { stats, leases, databases } = Object(value) as Partial<ConnectionBroker>
  return typeof stats === 'function' && typeof leases === 'function' && Array.isArray(databases)
}

function isExecutor(value: unknown): value is DashboardExecutor {
  const { queueSize, tasks } = Object(value) as Partial<DashboardExecutor>
  return typeof queueSize === 'number' && typeof tasks === 'function'
}

/** @throws ConfigurationError */
export function readOptions(options: DashboardOptions): Required<DashboardOptions> {
  if (Object(options) !== options) throw new ConfigurationError('The options of a dashboard are an object.')
  const read: Record<string, unknown> = { ...DEFAULTS }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(CHECKS, name)) {
      const known = Object.keys(CHECKS).join(', ')
      throw new ConfigurationError(`A dashboard has no option "${name}". Known: ${known}.`)
    }
    if (value === undefined) continue
    const complaint = CHECKS[name as keyof DashboardOptions](value)
    if (complaint !== undefined) throw new ConfigurationError(`dashboard.${name} takes ${complaint}.`)
    read[name] = value
  }
  return read as unknown as Required<DashboardOptions>
}
