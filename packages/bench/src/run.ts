import { hideProgress, messageOf, showProgress } from '@pglease/commands'
import { type EmbeddedPostgres, startPostgres } from '@pglease/postgres'
import pg from 'pg'
import type { BenchOptions } from './arguments.js'
import type { Bench, Scope, Variant } from './cases/case.js'
import { CASES } from './cases/index.js'
import type { Contender } from './contenders/contender.js'
import { parentOf, processorTime } from './harness/processor-time.js'
import type { Failure, Result } from './harness/result.js'
import { describe, type Environment, readEnvironment } from './output/environment.js'
import { formatResult } from './output/table.js'
import { addressOf } from './server/address.js'
import { createTables } from './server/data.js'
import { turnsPerMilli } from './threads/compute.js'

/** All that was measured, as `--json` writes it. */
export interface Outcome {
  readonly environment: Environment
  readonly scope: Scope
  readonly serverVersion: string
  readonly results: readonly Result[]
  readonly failures: readonly Failure[]
  /** Alternatives that could not run here, and why. */
  readonly skipped: Readonly<Record<string, string>>
  readonly seconds: number
}

const SERVER_SETTINGS = {
  max_connections: 300,
  shared_buffers: '256MB',
  // What the server does by itself would fall on one round and not on the next.
  autovacuum: false,
  jit: false,
}

/** Runs the cases on a server of their own and prints each result as it comes. */
export async function runBench(options: BenchOptions): Promise<Outcome> {
  const start = performance.now()
  const environment = readEnvironment()
  process.stdout.write(`${describe(environment)}\n\n`)
  const turns = turnsPerMilli()
  const server = await startPostgres({ ssl: true, settings: SERVER_SETTINGS })
  const admin = new pg.Client(addressOf(server, 'socket') as pg.ClientConfig)
  try {
    await admin.connect()
    await createTables(admin)
    const skipped = new Map<string, string>()
    const { rows } = await admin.query('SELECT pg_backend_pid() AS pid')
    const bench = makeBench(options, server, admin, parentOf(rows[0].pid), turns, skipped)
    const measured = await runVariants(chosenVariants(options, bench.scope), bench)
    for (const [name, why] of skipped) process.stdout.write(`${name} was skipped: ${why}.\n`)
    return {
      environment,
      scope: bench.scope,
      serverVersion: server.version,
      ...measured,
      skipped: Object.fromEntries(skipped),
      seconds: (performance.now() - start) / 1000,
    }
  } finally {
    await admin.end()
    await server.stop()
  }
}

async function runVariants(variants: readonly Variant[], bench: Bench) {
  const results: Result[] = []
  const failures: Failure[] = []
  for (const variant of variants) {
    try {
      const ofVariant = await variant.measure({
        ...bench,
        progress: (what) => showProgress(`${variant.name}: ${what}`),
      })
      hideProgress()
      results.push(...ofVariant)
      process.stdout.write(`${ofVariant.map(formatResult).join('\n')}\n`)
    } catch (error) {
      const failure = { name: variant.name, message: messageOf(error) }
      hideProgress()
      failures.push(failure)
      process.stdout.write(`${failure.name}: FAILED: ${failure.message}\n\n`)
    }
  }
  return { results, failures }
}

/** The variants to run, by their whole names. */
function chosenVariants({ cases }: BenchOptions, scope: Scope): Variant[] {
  const all = CASES.flatMap((each) =>
    // A variant that is asked for by its name is run even when --quick leaves it out.
    each
      .variants(cases.some((name) => name.startsWith(`${each.name}/`)) ? { ...scope, quick: false } : scope)
      .map((variant) => ({ ...variant, name: [each.name, variant.name].filter(Boolean).join('/') })),
  )
  if (cases.length === 0) return all
  return all.filter(({ name }) => cases.some((chosen) => `${name}/`.startsWith(`${chosen}/`)))
}

function makeBench(
  { quick, rounds, against }: BenchOptions,
  server: EmbeddedPostgres,
  admin: pg.Client,
  serverProcess: number,
  turnsPerMilli: number,
  skipped: Map<string, string>,
): Bench {
  // The first is the one that the others are compared with.
  const isWanted = ({ name }: Contender, at: number) =>
    at === 0 || against.length === 0 || against.includes(name)
  return {
    scope: {
      quick,
      rounds: rounds ?? (quick ? 3 : 9),
      processRounds: quick ? 1 : 2,
      roundMillis: quick ? 200 : 400,
    },
    addresses: { socket: addressOf(server, 'socket'), tls: addressOf(server, 'tls') },
    admin,
    turnsPerMilli,
    available(contenders) {
      return contenders.filter(isWanted).filter((contender) => {
        const why = contender.unavailable?.()
        if (why !== undefined) skipped.set(contender.name, why)
        return why === undefined
      })
    },
    processorTime: () => processorTime(serverProcess),
    progress: showProgress,
  }
}
