import { availableParallelism } from 'node:os'
import { parseFlags, readWhole, UsageError } from '@pglease/commands'

/** How long each tour may be improved. */
export type Effort =
  /** Seconds that the planning of all tours together may take, shared out by their number of cities. */
  | { readonly seconds: number }
  /** Moves tried per city: the same tours in each run. */
  | { readonly movesPerCity: number }

export interface DemoOptions {
  /** ISO codes; all countries if undefined. */
  readonly countries: readonly string[] | undefined
  readonly threads: number
  readonly connections: number
  readonly effort: Effort
  readonly seed: number
  readonly json: boolean
  /** Whether pages show the run as it goes on, and stay until somebody ends them. */
  readonly dashboard: boolean
  readonly report: string
  /** A server of the user's own; the embedded one if undefined. */
  readonly databaseUrl: string | undefined
  /** The embedded server's; a free one if undefined. */
  readonly port: number | undefined
  readonly drop: boolean
}

const DEFAULT_SECONDS = 20
const DEFAULT_CONNECTIONS = 2
const DEFAULT_REPORT = 'pglease-report.html'

export const HELP = `Plans a short closed tour through all the cities of every country: heavy computing in worker
threads, which lease connections from one small pool.

Usage: demo [options]

  --countries CODES   plan only these countries, such as IT,FR,JP        (all 246)
  --threads N         worker threads                                     (one per core: ${availableParallelism()})
  --connections N     connections that all threads share                 (${DEFAULT_CONNECTIONS})
  --seconds N         seconds for planning all the tours, shared out by number of cities  (${DEFAULT_SECONDS})
  --moves N           instead: moves tried per city, for the same tours in each run
  --seed N            another seed, other tours                          (1)
  --report FILE       where the map and the tables go                    (${DEFAULT_REPORT})
  --dashboard         serve pages that show the pool and the map as it grows, on this machine only,
                      until a key is pressed after the end
  --json              print one JSON object instead of the table
  --database-url URL  use this server instead of an embedded one, in a new schema pglease_demo  (DATABASE_URL)
  --drop              remove that schema at the end
  --port N            TCP port of the embedded server                    (a free one)
  --help              print this

Exit code: 0 when every tour is planned and verified, 1 when not, 2 when the command line is wrong.
`

const FLAGS = {
  countries: { type: 'string' },
  threads: { type: 'string' },
  connections: { type: 'string' },
  seconds: { type: 'string' },
  moves: { type: 'string' },
  seed: { type: 'string' },
  report: { type: 'string' },
  json: { type: 'boolean' },
  dashboard: { type: 'boolean' },
  'database-url': { type: 'string' },
  drop: { type: 'boolean' },
  port: { type: 'string' },
} as const

/** @throws UsageError that says in one line what to write instead */
export function readArguments(args: readonly string[], env: NodeJS.ProcessEnv): DemoOptions | 'help' {
  const flags = parseFlags(args, FLAGS)
  if (flags === 'help') return 'help'
  const databaseUrl = flags['database-url'] ?? (env.DATABASE_URL || undefined)
  if (databaseUrl !== undefined)
    checkUrl(databaseUrl, flags['database-url'] === undefined ? 'DATABASE_URL' : '--database-url')
  if (databaseUrl !== undefined && flags.port !== undefined) {
    throw new UsageError(
      '--port is for the embedded server: leave it out, or leave out --database-url and DATABASE_URL.',
    )
  }
  return {
    countries: flags.countries === undefined ? undefined : readCodes(flags.countries),
    threads: readWhole('--threads', flags.threads, { least: 1, most: 256 }) ?? availableParallelism(),
    connections:
      readWhole('--connections', flags.connections, { least: 1, most: 1000 }) ?? DEFAULT_CONNECTIONS,
    effort: readEffort(flags.seconds, flags.moves),
    seed: readWhole('--seed', flags.seed, { least: 0, most: 2 ** 32 - 1 }) ?? 1,
    json: flags.json ?? false,
    dashboard: flags.dashboard ?? false,
    report: flags.report ?? DEFAULT_REPORT,
    databaseUrl,
    port: readWhole('--port', flags.port, { least: 1, most: 65535 }),
    drop: flags.drop ?? false,
  }
}

export function readEffort(seconds: string | undefined, moves: string | undefined): Effort {
  if (seconds !== undefined && moves !== undefined)
    throw new UsageError('Give --seconds or --moves, not both.')
  const movesPerCity = readWhole('--moves', moves, { least: 0, most: 1_000_000 })
  if (movesPerCity !== undefined) return { movesPerCity }
  if (seconds === undefined) return { seconds: DEFAULT_SECONDS }
  if (/^\d+(\.\d+)?$/.test(seconds) && Number(seconds) <= 86_400) return { seconds: Number(seconds) }
  throw new UsageError(`--seconds takes a number from 0 to 86400, not "${seconds}".`)
}

export function readCodes(text: string): string[] {
  const codes = text.split(/[\s,]+/).filter(Boolean)
  if (codes.length === 0) throw new UsageError('--countries takes codes of two letters, such as IT,FR,JP.')
  return [...new Set(codes.map((code) => code.toUpperCase()))]
}

export function checkUrl(url: string, source: string): void {
  if (/^postgres(ql)?:\/\//.test(url)) return
  throw new UsageError(`${source} must look like postgres://user:password@host:5432/database.`)
}
