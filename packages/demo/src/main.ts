import { writeFileSync } from 'node:fs'
import { abortOnSignals, checkOutputFile, messageOf, runCommand, wrapWords } from '@pglease/commands'
import { type DemoOptions, HELP, readArguments } from './arguments.js'
import { checkCountries, countryName } from './countries.js'
import { LiveMap } from './live/live-map.js'
import { LivePage } from './live/live-page.js'
import { untilDismissed } from './live/until-dismissed.js'
import type { Live } from './plan.js'
import { showProgress } from './progress.js'
import { renderPage } from './report/page.js'
import { type Outcome, runDemo } from './run.js'
import { count, printSummary, type Summary } from './summary.js'

async function run(options: DemoOptions): Promise<number> {
  if (options.countries) checkCountries(options.countries)
  checkOutputFile('--report', options.report)
  const signal = abortOnSignals()
  using live = options.dashboard ? await openLive() : undefined
  const outcome = await runWithProgress(options, signal, live)
  const { stdout } = process
  stdout.write(
    `${options.json ? JSON.stringify(outcome.summary) : printSummary(outcome.summary, stdout.columns)}\n`,
  )
  writeFileSync(options.report, renderPage(outcome))
  if (!options.json) say(`The map and all tours: ${options.report}`)
  const complaints = complaintsAbout(outcome)
  complaints.forEach(say)
  if (live) {
    say(`The pages stay at ${live.page.url} and ${live.page.url}map/ until a key or Ctrl-C ends them.`)
    await untilDismissed(signal)
  }
  return complaints.length === 0 ? 0 : 1
}

function say(line: string): void {
  process.stderr.write(`${wrapWords(line, process.stderr.columns)}\n`)
}

async function openLive() {
  const map = new LiveMap()
  const page = await LivePage.open(map)
  return { map, page, [Symbol.dispose]: () => page[Symbol.dispose]() }
}

async function runWithProgress(
  options: DemoOptions,
  signal: AbortSignal,
  live: Live | undefined,
): Promise<Outcome> {
  const progress = showProgress(process.stderr)
  if (live) progress.head(`The pool: ${live.page.url}  The map as it grows: ${live.page.url}map/`)
  try {
    return await runDemo(options, signal, progress, live)
  } finally {
    progress.close()
  }
}

function complaintsAbout({ summary, failures, wrong }: Outcome): string[] {
  const complaints: string[] = []
  const [failure] = failures
  if (failure) {
    complaints.push(
      `${summary.failed} of ${summary.tasks} tours failed. ${countryName(failure.country)}: ${messageOf(failure.error)}`,
    )
  }
  if (wrong.length > 0)
    complaints.push(`Postgres does not confirm the tours of ${wrong.map(countryName).join(', ')}.`)
  return [...complaints, ...complaintsAboutConnections(summary)]
}

function complaintsAboutConnections({
  peakConnections,
  maxConnections,
  leakedConnections,
}: Summary): string[] {
  const complaints: string[] = []
  if (peakConnections > maxConnections) {
    complaints.push(`Postgres saw ${count(peakConnections, 'connection')}, of at most ${maxConnections}.`)
  }
  if (leakedConnections > 0)
    complaints.push(`Postgres still saw ${count(leakedConnections, 'connection')} after the close.`)
  return complaints
}

await runCommand({
  help: HELP,
  readArguments: (args) => readArguments(args, process.env),
  run,
})
