import { writeFileSync } from 'node:fs'
import { abortOnSignals, checkOutputFile, hideProgress, runCommand, showProgress } from '@pglease/commands'
import { prepareServer, startServer } from './campaign/campaign.js'
import { HELP, readSoakArguments, type SoakCommandOptions } from './soak/arguments.js'
import { compareBursts } from './soak/burst.js'
import { soak } from './soak/soak.js'
import { formatRatios, formatSoak } from './soak/table.js'

type Bursts = NonNullable<SoakCommandOptions['burst']>

async function run(options: SoakCommandOptions): Promise<number> {
  const { json } = options
  if (json !== undefined) checkOutputFile('--json', json)
  const signal = abortOnSignals()
  const { outcome, isGood } =
    options.burst === undefined ? await soakAll(options, signal) : await burst(options.burst, signal)
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(outcome, undefined, 2)}\n`)
  return isGood ? 0 : 1
}

async function soakAll({ path, seed, minutes }: SoakCommandOptions, signal: AbortSignal) {
  process.stdout.write(`Node ${process.versions.node}, seed ${seed}\n`)
  const server = await startServer()
  try {
    await prepareServer(server)
    const outcome = await soak(server, path, { seed, minutes }, signal, (line) =>
      process.stdout.write(`${line}\n`),
    )
    process.stdout.write(formatSoak(outcome))
    const isGood = outcome.unaccounted.length === 0 && !outcome.verdicts.some(({ grows }) => grows)
    return { outcome: { seed, ...outcome }, isGood }
  } finally {
    await server.stop()
  }
}

async function burst(bursts: Bursts, signal: AbortSignal) {
  process.stdout.write(`Node ${process.versions.node}\n`)
  const outcome = await compareBursts(bursts, signal, showProgress)
  hideProgress()
  process.stdout.write(formatRatios(bursts.tasks, outcome.ratios))
  for (const complaint of outcome.complaints) process.stdout.write(`  ${complaint}\n`)
  return { outcome, isGood: outcome.complaints.length === 0 }
}

await runCommand({ help: HELP, readArguments: readSoakArguments, run })
