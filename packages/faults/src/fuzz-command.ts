import { writeFileSync } from 'node:fs'
import { abortOnSignals, exitCodeOf, messageOf } from '@pglease/commands'
import { startPostgres } from '@pglease/postgres'
import { HELP, readFuzzArguments } from './fuzz/arguments.js'
import { type GroupOutcome, superviseGroup } from './fuzz/supervisor.js'

/** The exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readFuzzArguments(args)
    if (options === 'help') {
      process.stdout.write(HELP)
      return 0
    }
    const signal = abortOnSignals()
    process.stdout.write(`Node ${process.versions.node}, seed ${options.seed}\n`)
    const server = await startPostgres({ ssl: true, settings: { max_connections: 100 } })
    const { connectionString, certificate } = server
    const outcomes: GroupOutcome[] = []
    try {
      for (const group of options.groups) {
        const request = { ...options, group, connectionString, certificate: certificate! }
        const outcome = await superviseGroup(request, signal, showProgress)
        outcomes.push(outcome)
        process.stdout.write(describe(outcome, options.seed))
      }
    } finally {
      await server.stop()
    }
    if (options.json !== undefined)
      writeFileSync(options.json, `${JSON.stringify({ seed: options.seed, outcomes }, undefined, 2)}\n`)
    return outcomes.every(({ findings }) => findings.length === 0) ? 0 : 1
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`)
    return exitCodeOf(error)
  }
}

function showProgress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`)
}

function describe({ group, cases, longestTurnMillis, findings }: GroupOutcome, seed: number): string {
  const lines = Object.entries(cases).map(([target, count]) => `  ${target.padEnd(20)}${count} cases`)
  const found = findings.map(
    ({ target, batch, what, script }) =>
      `  FOUND in ${target}, repeated by --group ${group} --target ${target} --seed ${seed} --batch ${batch}:\n` +
      `${what.replaceAll(/^/gm, '    ')}${script === undefined ? '' : `\n    case: ${script}`}`,
  )
  const head = `${group}: ${findings.length} found, the longest turn of the main thread ${Math.round(longestTurnMillis)} ms`
  return [head, ...lines, ...found, ''].join('\n')
}

process.exitCode = await main(process.argv.slice(2))
