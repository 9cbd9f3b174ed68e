import { ConfigurationError } from '@pglease/client'
import {
  type Check,
  callable,
  checkOptions,
  either,
  flag,
  ISOLATION_LEVELS,
  millis,
  nameOf,
  oneOf,
  seconds,
  text,
  whole,
  wrong,
} from '@pglease/client/internal'
import type { Database, DatabaseOptions, PoolSize } from './database-options.js'
import { readHosts } from './hosts.js'
import { SESSION_ATTRIBUTES } from './session-attributes.js'

const DEFAULTS = {
  max: 10,
  min: 0,
  connectionTimeoutMillis: 30_000,
  idleTimeoutMillis: 10_000,
  maxUses: 0,
  maxLifetimeSeconds: 0,
  maxWaiting: Number.POSITIVE_INFINITY,
  validateAfterIdleMillis: 500,
  validateTimeoutMillis: 2000,
  keepAliveMillis: 0,
  cancelTimeoutMillis: 5000,
  maxLeaseMillis: 0,
  leakDetectionMillis: 0,
  unreachableMillis: 5000,
  showStatements: false,
  nameTasks: false,
  resetQuery: 'DISCARD ALL',
}

/** As `pg.Client` takes it. */
const tls: Check = (value) => {
  const isRight = typeof value === 'boolean' || value === 'true' || value === 'no-verify' || value === null
  const isObject = typeof value === 'object' && !Array.isArray(value)
  // Node would show one that is a number.
  const { passphrase } = Object(value)
  const isSafe = passphrase === undefined || passphrase === null || typeof passphrase === 'string'
  if (isRight || (isObject && isSafe)) return undefined
  return 'true, false, or an object of options of tls.connect, in which a passphrase is a string'
}

const port = whole(1, 65_535)

/** A list that is not empty, of what is shown of itself where that may be. */
function listOf(check: Check, mustBe: string): Check {
  const isRight = (value: unknown) => Array.isArray(value) && value.every((one) => check(one) === undefined)
  const complain = (value: unknown) => (isRight(value) && (value as []).length > 0 ? undefined : mustBe)
  return Object.assign(complain, { mayShow: check.mayShow === true })
}

const CHECKS: Record<keyof DatabaseOptions, Check> = {
  connectionString: text,
  host: either(text, listOf(text, 'an array of strings')),
  port: either(port, listOf(port, 'an array of such')),
  targetSessionAttributes: oneOf(...SESSION_ATTRIBUTES),
  user: text,
  password: either(text, callable),
  database: text,
  ssl: tls,
  sslnegotiation: oneOf('postgres', 'direct'),
  keepAlive: flag,
  keepAliveInitialDelayMillis: millis,
  application_name: text,
  fallback_application_name: text,
  client_encoding: text,
  options: text,
  statement_timeout: either(millis, oneOf(false)),
  lock_timeout: millis,
  idle_in_transaction_session_timeout: millis,
  enableChannelBinding: flag,
  max: whole(1),
  min: whole(0),
  connectionTimeoutMillis: millis,
  idleTimeoutMillis: millis,
  maxUses: either(whole(0), oneOf(Number.POSITIVE_INFINITY)),
  maxLifetimeSeconds: seconds,
  maxWaiting: either(whole(0), oneOf(Number.POSITIVE_INFINITY)),
  validateAfterIdleMillis: millis,
  validateTimeoutMillis: millis,
  keepAliveMillis: millis,
  cancelTimeoutMillis: millis,
  maxLeaseMillis: millis,
  leakDetectionMillis: millis,
  unreachableMillis: millis,
  handOver: flag,
  isolationLevel: oneOf(...ISOLATION_LEVELS),
  readOnly: flag,
  deferrable: flag,
  prepare: either(flag, oneOf('connection')),
  showStatements: flag,
  nameTasks: flag,
  resetQuery: text,
  onConnect: callable,
}

/** Of a reset. What another left, and each lease added to, would pile up in the server, and other leases would see it. */
const DROPS_STATEMENTS = /\b(?:discard|deallocate(?:\s+prepare)?)\s+all\b/i

/**
 * Checks one database's options and fills in the defaults.
 * @param handOver the broker's.
 * @throws ConfigurationError
 */
export function readDatabase(name: string, options: DatabaseOptions, handOver = true): Database {
  const path = `databases.${nameOf(name)}`
  checkOptions(path, options, CHECKS, { database: name })
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const prepare = DROPS_STATEMENTS.test(options.resetQuery ?? DEFAULTS.resetQuery)
  const hosts = readHosts(path, options, nameOf(name))
  const database: Database = { ...DEFAULTS, handOver, prepare, ...given, name, ...hosts }
  if (database.prepare === 'connection' && database.resetQuery !== DEFAULTS.resetQuery)
    throw wrong(`${path}.prepare`, 'connection', 'true or false with a resetQuery of your own', name)
  if (database.prepare && !prepare)
    throw wrong(`${path}.prepare`, true, 'false where the resetQuery leaves prepared statements', name)
  checkSize(path, database)
  checkConnectionString(path, database)
  return database
}

/**
 * Checks what a pool is to be resized to, and fills in what stays as it is.
 * @throws ConfigurationError
 */
export function readSize(size: PoolSize, { name, ...now }: Database): Required<PoolSize> {
  checkOptions('resize', size, { max: CHECKS.max, min: CHECKS.min }, { database: name })
  const { max = now.max, min = now.min } = size
  if (size.min === undefined && min > max)
    throw wrong('resize.max', max, `at least the pool's min, which is ${min}, or come with a lower one`, name)
  checkSize('resize', { name, max, min })
  return { max, min }
}

function checkSize(path: string, { min, max, name }: Pick<Database, 'min' | 'max' | 'name'>): void {
  if (min > max) throw wrong(`${path}.min`, min, `at most ${path}.max, which is ${max}`, name)
}

/** An address that pg would misread silently is told of here. */
function checkConnectionString(path: string, { connectionString, name }: Database): void {
  if (
    connectionString === undefined ||
    connectionString.startsWith('/') ||
    connectionString.startsWith('socket:')
  )
    return
  const protocol = URL.canParse(connectionString) ? new URL(connectionString).protocol : undefined
  if (protocol === 'postgres:' || protocol === 'postgresql:') return
  // A Unix socket's folder as the host, percent-encoded, is no URL to every parser.
  if (/^postgres(ql)?:\/\//.test(connectionString)) return
  throw new ConfigurationError(
    `${path}.connectionString is not a Postgres URL. It must look like postgres://user:password@host:5432/database.`,
    { option: `${path}.connectionString`, database: nameOf(name) },
  )
}
