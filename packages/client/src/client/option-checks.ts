import {
  type Check,
  callable,
  checkOptions,
  either,
  flag,
  millis,
  oneOf,
  signal,
  whole,
  wrong,
} from '../common/option-check.js'
import { LEASE_OPTION_CHECKS } from '../lease/lease-checks.js'
import type { LeasedClientOptions, PoolOptions, WithConnectionOptions } from './client-options.js'
import { RETRY_CHECKS } from './transaction-options.js'

/** As `pg.Client` takes it. */
const types: Check = (value) =>
  typeof Object(value).getTypeParser === 'function' ? undefined : 'an object with a method getTypeParser'

const CLIENT_CHECKS: Readonly<Record<keyof LeasedClientOptions, Check>> = {
  ...LEASE_OPTION_CHECKS,
  types,
  pipeline: flag,
  binary: flag,
  query_timeout: millis,
  Promise: callable,
}

const POOL_CHECKS: Readonly<Record<keyof PoolOptions, Check>> = {
  ...CLIENT_CHECKS,
  max: either(whole(1), oneOf(Number.POSITIVE_INFINITY)),
}

const CALL_CHECKS: Readonly<Record<keyof WithConnectionOptions, Check>> = { ...CLIENT_CHECKS, signal }

const { database: _, types: __, Promise: ___, ...DATABASE_CHECKS } = CLIENT_CHECKS

/** What else a database of the broker takes. */
export const BROKER_OPTIONS = [
  'connectionString',
  'host',
  'port',
  'targetSessionAttributes',
  'user',
  'password',
  'ssl',
  'sslnegotiation',
  'keepAlive',
  'keepAliveInitialDelayMillis',
  'application_name',
  'fallback_application_name',
  'client_encoding',
  'options',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'enableChannelBinding',
  'max',
  'min',
  'idleTimeoutMillis',
  'maxUses',
  'maxLifetimeSeconds',
  'maxWaiting',
  'validateAfterIdleMillis',
  'validateTimeoutMillis',
  'keepAliveMillis',
  'cancelTimeoutMillis',
  'maxLeaseMillis',
  'leakDetectionMillis',
  'unreachableMillis',
  'handOver',
  'prepare',
  'showStatements',
  'nameTasks',
  'resetQuery',
  'onConnect',
]

const elsewhere = {
  names: BROKER_OPTIONS,
  hint: (name: string) =>
    `The connections are the broker's: give it to "databases.<name>.${name}" of new ConnectionBroker(…), on the main thread.`,
}

// Each of these throws a ConfigurationError.

export const checkPool = checker('Pool', POOL_CHECKS)
export const checkClient = checker('Client', CLIENT_CHECKS)

/** Of `withConnection`. */
export const checkCall = callChecker('lease', CALL_CHECKS)

/** Of `withTransaction`, with a lease of its own. */
export const checkTransactionCall = callChecker('withTransaction', { ...CALL_CHECKS, ...RETRY_CHECKS })

/** Of `leaseSocket`, whose library has its own client. */
export const checkSocket = checker('lease', LEASE_OPTION_CHECKS)

/** Of a task's `database(name, options)`. */
export function checkDatabase(name: unknown, options: unknown): void {
  const complaint = typeof name === 'string' ? LEASE_OPTION_CHECKS.database(name) : 'a string'
  if (complaint !== undefined) throw wrong('lease.database', name, complaint)
  if (options !== undefined) check('lease', options, DATABASE_CHECKS, name)
}

/** Of what is called with the work that a client is for. */
function callChecker(
  path: string,
  checks: Readonly<Record<string, Check>>,
): (work: unknown, options: unknown) => void {
  const check = checker(path, checks)
  return (work, options) => {
    const complaint = callable(work)
    if (complaint !== undefined) throw wrong(`${path}.work`, work, complaint)
    check(options)
  }
}

function checker(path: string, checks: Readonly<Record<string, Check>>): (options: unknown) => void {
  return (options) => check(path, options, checks, Object(options).database ?? 'default')
}

function check(
  path: string,
  options: unknown,
  checks: Readonly<Record<string, Check>>,
  database: unknown,
): void {
  checkOptions(path, options, checks, { database, elsewhere })
}
