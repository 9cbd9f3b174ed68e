import { writeFileSync } from 'node:fs'
import { checkOutputFile, exitOnSignals, runCommand } from '@pglease/commands'
import { type BenchOptions, HELP, readArguments } from './arguments.js'
import { renderReport } from './report/page.js'
import { runBench } from './run.js'

async function run(options: BenchOptions): Promise<number> {
  const { json, report } = options
  if (json !== undefined) checkOutputFile('--json', json)
  if (report !== undefined) checkOutputFile('--report', report)
  const outcome = await runBench(options)
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(outcome, undefined, 2)}\n`)
  if (report !== undefined) writeFileSync(report, renderReport(outcome))
  for (const { name, message } of outcome.failures) process.stderr.write(`${name} failed: ${message}\n`)
  return outcome.failures.length === 0 ? 0 : 1
}

exitOnSignals()
await runCommand({ help: HELP, readArguments, run })
