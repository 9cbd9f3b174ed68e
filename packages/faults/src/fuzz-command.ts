import { writeFileSync } from 'node:fs'
import { counted } from '@pglease/client/internal'
import { abortOnSignals, checkOutputFile, hideProgress, runCommand, showProgress } from '@pglease/commands'
import { startPostgres } from '@pglease/postgres'
import { type FuzzOptions, HELP, readFuzzArguments } from './fuzz/arguments.js'
import { type GroupOutcome, superviseGroup } from './fuzz/supervisor.js'

async function run(options: FuzzOptions): Promise<number> {
  if (options.json !== undefined) checkOutputFile('--json', options.json)
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
      hideProgress()
      process.stdout.write(describe(outcome, options.seed))
    }
  } finally {
    await server.stop()
  }
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify({ seed: options.seed, outcomes }, undefined, 2)}\n`)
  return outcomes.every(({ findings }) => findings.length === 0) ? 0 : 1
}

function describe({ group, cases, longestTurnMillis, findings }: GroupOutcome, seed: number): string {
  const lines = Object.entries(cases).map(
    ([target, count]) => `  ${target.padEnd(20)}${counted(count, 'case')}`,
  )
  const found = findings.map(
    ({ target, batch, what, script }) =>
      `  FOUND in ${target}, repeated by --group ${group} --target ${target} --seed ${seed} --batch ${batch}:\n` +
      `${what.replaceAll(/^/gm, '    ')}${script === undefined ? '' : `\n    case: ${script}`}`,
  )
  const head = `${group}: ${findings.length} found, the longest turn of the main thread ${Math.round(longestTurnMillis)} ms`
  return [head, ...lines, ...found, ''].join('\n')
}

await runCommand({ help: HELP, readArguments: readFuzzArguments, run })
