import { abortOnSignals, messageOf, runCommand, wrapWords } from '@pglease/commands'
import { checkCountries, count, countryName, showProgress, untilDismissed } from '@pglease/demo/parts'
import { type ClusterOptions, HELP, readArguments } from './arguments.js'
import { ClusterPage } from './page/cluster-page.js'
import { printSummary } from './report/summary.js'
import { type Outcome, runCluster } from './run.js'

async function run(options: ClusterOptions): Promise<number> {
  if (options.countries) checkCountries(options.countries)
  const signal = abortOnSignals()
  using page = options.dashboard ? await ClusterPage.open() : undefined
  const outcome = await runWithProgress(options, signal, page)
  const { summary, members, ledger } = outcome
  process.stdout.write(
    `${options.json ? JSON.stringify(summary) : printSummary(summary, members, ledger, options.connections)}\n`,
  )
  const complaints = complaintsAbout(outcome)
  complaints.forEach(say)
  if (page !== undefined) {
    say(`The page stays at ${page.url} until a key or Ctrl-C ends it.`)
    await untilDismissed(signal)
  }
  return complaints.length === 0 ? 0 : 1
}

async function runWithProgress(
  options: ClusterOptions,
  signal: AbortSignal,
  page: ClusterPage | undefined,
): Promise<Outcome> {
  const progress = showProgress(process.stderr)
  if (page !== undefined) progress.head(`The cluster: ${page.url}`)
  try {
    return await runCluster(options, signal, progress, page)
  } finally {
    progress.close()
  }
}

function complaintsAbout({ summary, ledger, wrong, missedFaults }: Outcome): string[] {
  const { countries, planned, plannedTwice, peakConnections, maxConnections, leakedConnections } = summary
  const complaints: string[] = []
  const [failed] = ledger.failedForGood
  if (failed !== undefined) {
    const why = `${countryName(failed.country)}: ${failed.runs.at(-1)!.message}`
    complaints.push(`${countries - planned} of ${countries} tours failed. ${why}`)
  }
  if (plannedTwice > 0) complaints.push(`${count(plannedTwice, 'tour')} were written twice.`)
  if (wrong.length > 0)
    complaints.push(`Postgres does not confirm the tours of ${wrong.map(countryName).join(', ')}.`)
  if (peakConnections > maxConnections)
    complaints.push(`Postgres saw ${count(peakConnections, 'connection')}, of at most ${maxConnections}.`)
  if (leakedConnections > 0)
    complaints.push(`Postgres still saw ${count(leakedConnections, 'connection')} at the end.`)
  if (missedFaults.length > 0)
    complaints.push(
      `The run was over before these faults: ${missedFaults.join(', ')}. Give it more --seconds.`,
    )
  return complaints
}

function say(line: string): void {
  process.stderr.write(`${wrapWords(messageOf(line), process.stderr.columns)}\n`)
}

await runCommand({
  help: HELP,
  readArguments: (args) => readArguments(args, process.env),
  run,
})
