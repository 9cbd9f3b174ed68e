import { writeFileSync } from 'node:fs'
import { abortOnSignals, checkOutputFile, hideProgress, runCommand, showProgress } from '@pglease/commands'
import { type FaultsOptions, HELP, readFaultsArguments } from './campaign/arguments.js'
import { type PathOutcome, prepareServer, runPath, startServer } from './campaign/campaign.js'
import { PATHS } from './campaign/paths.js'
import { formatOutcome } from './campaign/table.js'

async function run(options: FaultsOptions): Promise<number> {
  const { json, paths, seed } = options
  if (json !== undefined) checkOutputFile('--json', json)
  const signal = abortOnSignals()
  process.stdout.write(`Node ${process.versions.node}, seed ${seed}\n`)
  const server = await startServer()
  const outcomes: PathOutcome[] = []
  try {
    await prepareServer(server)
    for (const path of PATHS.filter(({ name }) => paths.includes(name))) {
      const outcome = await runPath(server, path, options, signal, showProgress)
      outcomes.push(outcome)
      hideProgress()
      process.stdout.write(formatOutcome(outcome))
    }
  } finally {
    await server.stop()
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ seed, outcomes }, undefined, 2)}\n`)
  return outcomes.every(({ unaccounted }) => unaccounted.length === 0) ? 0 : 1
}

await runCommand({ help: HELP, readArguments: readFaultsArguments, run })
