import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseFlags, readWhole, UsageError } from '@pglease/commands'
import { checkUrl, type Effort, readCodes, readEffort } from '@pglease/demo/parts'

const FAULTS = ['process', 'thread', 'server', 'network'] as const
export type Fault = (typeof FAULTS)[number]

export interface ClusterOptions {
  readonly processes: number
  /** Of each process. */
  readonly threads: number
  /** Of each process. */
  readonly connections: number
  /** ISO codes; all countries if undefined. */
  readonly countries: readonly string[] | undefined
  readonly effort: Effort
  readonly seed: number
  /** How long one job may run. */
  readonly limitMillis: number
  /** Each of them happens once, in the middle of the run. */
  readonly faults: readonly Fault[]
  readonly json: boolean
  readonly dashboard: boolean
  /** A server of the user's own; the embedded one if undefined. */
  readonly databaseUrl: string | undefined
  /** One that exists; one of the run's own if undefined. */
  readonly queueSchema: string | undefined
  readonly isPooledByTransaction: boolean
  readonly drop: boolean
  /** Whether the processes are started by somebody else, as pods: then none is started. */
  readonly isElsewhere: boolean
  /** Network namespaces that stand for hosts; none: all processes are on this one. */
  readonly hosts: readonly string[]
}

const DEFAULT_PROCESSES = 2
const DEFAULT_CONNECTIONS = 3
const DEFAULT_LIMIT_SECONDS = 600

/** One waits for the queue's notifications, and with it alone no job could be taken. */
const LEAST_CONNECTIONS = 2

export const HELP = `Plans a short tour through all the cities of every country on many processes, which take the countries from
a queue in Postgres (graphile-worker). Each process has threads and a small pool of connections, from which the queue has its own.

Usage: demo:cluster [options]

  --processes N       processes                                          (${DEFAULT_PROCESSES})
  --threads N         worker threads of each process                     (cores / processes, at least 1)
  --connections N     connections of each process: its tasks' and its queue's; one waits for notifications  (${DEFAULT_CONNECTIONS})
  --countries CODES   plan only these countries, such as IT,FR,JP        (all 246)
  --seconds N         seconds for planning all the tours, shared out by number of cities  (20)
  --moves N           instead: moves tried per city, for the same tours in each run
  --seed N            another seed, other tours                          (1)
  --limit N           seconds that one job may run; then it fails for good  (${DEFAULT_LIMIT_SECONDS})
  --faults NAMES      happen in the middle of the run, each once: ${FAULTS.join(',')}
  --dashboard         serve a page of the whole cluster, on this machine only, until a key is pressed after the end
  --json              print one JSON object instead of the tables
  --database-url URL  use this server instead of an embedded one, in a new schema pglease_demo  (DATABASE_URL)
  --queue-schema NAME use the queue in this schema, which must exist     (one of its own, removed at the end)
  --transaction-pooling  that URL leads to a pooler that gives each transaction another connection
  --elsewhere         start no process: those of packages/cluster/deploy take the jobs
  --netns NAMES       network namespaces that stand for hosts, to which the processes are dealt out (Linux, root)
  --drop              remove pglease_demo at the end
  --help              print this

Exit code: 0 when every tour is planned once and verified, 1 when not, 2 when the command line is wrong.
`

const FLAGS = {
  processes: { type: 'string' },
  threads: { type: 'string' },
  connections: { type: 'string' },
  countries: { type: 'string' },
  seconds: { type: 'string' },
  moves: { type: 'string' },
  seed: { type: 'string' },
  limit: { type: 'string' },
  faults: { type: 'string' },
  json: { type: 'boolean' },
  dashboard: { type: 'boolean' },
  'database-url': { type: 'string' },
  'queue-schema': { type: 'string' },
  'transaction-pooling': { type: 'boolean' },
  elsewhere: { type: 'boolean' },
  netns: { type: 'string' },
  drop: { type: 'boolean' },
} as const

/** @throws UsageError that says in one line what to write instead */
export function readArguments(args: readonly string[], env: NodeJS.ProcessEnv): ClusterOptions | 'help' {
  const flags = parseFlags(args, FLAGS)
  if (flags === 'help') return 'help'
  const databaseUrl = flags['database-url'] ?? (env.DATABASE_URL || undefined)
  if (databaseUrl !== undefined)
    checkUrl(databaseUrl, flags['database-url'] === undefined ? 'DATABASE_URL' : '--database-url')
  const processes = readWhole('--processes', flags.processes, { least: 1, most: 64 }) ?? DEFAULT_PROCESSES
  const ofCores = Math.max(1, Math.floor(availableParallelism() / processes))
  const faults = readFaults(flags.faults)
  if (faults.includes('server') && databaseUrl !== undefined)
    throw new UsageError(
      '--faults server stops the embedded server: leave out --database-url and DATABASE_URL.',
    )
  if (flags.elsewhere && databaseUrl === undefined)
    throw new UsageError(
      '--elsewhere needs a server that those processes reach: name it with --database-url.',
    )
  if (flags.elsewhere && faults.length > 0)
    throw new UsageError('--faults are for processes that this starts: leave out --elsewhere.')
  return {
    processes,
    threads: readWhole('--threads', flags.threads, { least: 1, most: 256 }) ?? ofCores,
    connections:
      readWhole('--connections', flags.connections, { least: LEAST_CONNECTIONS, most: 1000 }) ??
      DEFAULT_CONNECTIONS,
    countries: flags.countries === undefined ? undefined : readCodes(flags.countries),
    effort: readEffort(flags.seconds, flags.moves),
    seed: readWhole('--seed', flags.seed, { least: 0, most: 2 ** 32 - 1 }) ?? 1,
    limitMillis:
      1000 * (readWhole('--limit', flags.limit, { least: 1, most: 86_400 }) ?? DEFAULT_LIMIT_SECONDS),
    faults,
    json: flags.json ?? false,
    dashboard: flags.dashboard ?? false,
    databaseUrl,
    queueSchema: readSchema(flags['queue-schema']),
    isPooledByTransaction: flags['transaction-pooling'] ?? false,
    drop: flags.drop ?? false,
    isElsewhere: flags.elsewhere ?? false,
    hosts: readHosts(flags.netns),
  }
}

function readFaults(text: string | undefined): Fault[] {
  if (text === undefined) return []
  const names = text.split(/[\s,]+/).filter(Boolean)
  const isFault = (name: string): name is Fault => (FAULTS as readonly string[]).includes(name)
  if (names.length === 0 || !names.every(isFault))
    throw new UsageError(`--faults takes some of ${FAULTS.join(', ')}, not "${text}".`)
  return [...new Set(names)]
}

function readHosts(text: string | undefined): string[] {
  const names = (text ?? '').split(/[\s,]+/).filter(Boolean)
  const missing = names.find((name) => !/^[\w-]+$/.test(name) || !existsSync(`/run/netns/${name}`))
  if (missing === undefined && (text === undefined || names.length > 0)) return names
  throw new UsageError(
    `--netns takes network namespaces that exist, as of "ip netns add", not "${missing ?? text}".`,
  )
}

function readSchema(text: string | undefined): string | undefined {
  if (text === undefined || (text !== '' && Buffer.byteLength(text) < 64)) return text
  throw new UsageError('--queue-schema takes the name of a schema, of at most 63 bytes.')
}
