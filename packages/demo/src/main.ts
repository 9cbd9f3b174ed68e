import { writeFileSync } from 'node:fs'
import { abortOnSignals, exitCodeOf, messageOf } from '@pglease/commands'
import { type DemoOptions, HELP, readArguments } from './arguments.js'
import { checkCountries, countryName } from './countries.js'
import { showProgress } from './progress.js'
import { renderPage } from './report/page.js'
import { checkReportFile } from './report-file.js'
import { type Outcome, runDemo } from './run.js'
import { printSummary, type Summary } from './summary.js'

/** The exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readArguments(args, process.env)
    if (options === 'help') {
      process.stdout.write(HELP)
      return 0
    }
    if (options.countries) await checkCountries(options.countries)
    checkReportFile(options.report)
    const outcome = await runWithProgress(options)
    process.stdout.write(
      `${options.json ? JSON.stringify(outcome.summary) : printSummary(outcome.summary)}\n`,
    )
    writeFileSync(options.report, renderPage(outcome))
    if (!options.json) process.stderr.write(`The map and all tours: ${options.report}\n`)
    const complaints = complaintsAbout(outcome)
    for (const complaint of complaints) process.stderr.write(`${complaint}\n`)
    return complaints.length === 0 ? 0 : 1
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`)
    return exitCodeOf(error)
  }
}

async function runWithProgress(options: DemoOptions): Promise<Outcome> {
  const progress = showProgress(process.stderr)
  try {
    return await runDemo(options, abortOnSignals(), progress)
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
    complaints.push(`Postgres saw ${peakConnections} connections, but ${maxConnections} were allowed.`)
  }
  if (leakedConnections > 0)
    complaints.push(`Postgres still saw ${leakedConnections} connections after the close.`)
  return complaints
}

process.exitCode = await main(process.argv.slice(2))
