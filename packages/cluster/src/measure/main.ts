import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  abortOnSignals,
  checkOutputFile,
  hideProgress,
  parseFlags,
  readWhole,
  runCommand,
  showProgress,
} from '@pglease/commands'
import { type EmbeddedPostgres, startPostgres } from '@pglease/postgres'
import { hostsTable } from './hosts-table.js'
import type { Answer, Case, Order, Times } from './messages.js'
import { fillPage } from './page.js'
import { serverSeconds } from './server-time.js'
import { type Measured, printTable } from './table.js'

const PROGRAM = fileURLToPath(new URL('./measure-process.js', import.meta.url))

const PROCESSES = [1, 2, 4, 8, 16]
const IN_EACH = [
  [1, 1],
  [2, 1],
  [2, 2],
  [4, 1],
  [4, 2],
  [4, 4],
] as const

const TIMES: Times = { computeMillis: 80, holdMillis: 20 }

interface Options {
  readonly millis: number
  readonly processes: readonly number[]
  readonly json: string | undefined
  readonly page: string | undefined
}

const HELP = `Measures processes × threads × connections: tasks that compute for ${TIMES.computeMillis} ms and hold a connection for ${TIMES.holdMillis} ms,
on the average, and prints a table with what the model of docs/sizing.md says beside it. Takes about three minutes.

Usage: measure:cluster [options]

  --millis N     how long each of the ${PROCESSES.length * IN_EACH.length} rows is measured  (4000)
  --most N       no more than this many processes               (16)
  --json FILE    write the rows as JSON
  --page FILE    write the table into this page, such as docs/sizing.md
  --help         print this
`

function readArguments(args: readonly string[]): Options | 'help' {
  const flags = parseFlags(args, {
    millis: { type: 'string' },
    most: { type: 'string' },
    json: { type: 'string' },
    page: { type: 'string' },
  } as const)
  if (flags === 'help') return 'help'
  const most = readWhole('--most', flags.most, { least: 1, most: 16 }) ?? 16
  return {
    millis: readWhole('--millis', flags.millis, { least: 100, most: 60_000 }) ?? 4000,
    processes: PROCESSES.filter((each) => each <= most),
    json: flags.json,
    page: flags.page,
  }
}

async function run({ millis, processes, json, page }: Options): Promise<number> {
  if (json !== undefined) checkOutputFile('--json', json)
  if (page !== undefined) fillPage(readFileSync(page, 'utf8'), 'measured', '')
  const signal = abortOnSignals()
  const server = await startPostgres({ settings: { max_connections: 200 } })
  const children = Array.from({ length: Math.max(...processes) }, () =>
    fork(PROGRAM, { detached: true, execArgv: [] }),
  )
  const rows: Measured[] = []
  try {
    for (const each of processes) {
      for (const [threads, connections] of IN_EACH) {
        signal.throwIfAborted()
        showProgress(`${each} processes, ${threads} threads, ${connections} connections`)
        rows.push(await measure(server, children, { processes: each, threads, connections }, millis))
      }
    }
  } finally {
    hideProgress()
    for (const child of children) child.disconnect()
    await server.stop()
  }
  const table = printTable(rows, TIMES)
  process.stdout.write(table)
  if (page !== undefined) {
    const filled = fillPage(readFileSync(page, 'utf8'), 'measured', table)
    writeFileSync(page, fillPage(filled, 'hosts', hostsTable()))
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ times: TIMES, rows }, undefined, 2)}\n`)
  return 0
}

async function measure(
  server: EmbeddedPostgres,
  children: readonly ChildProcess[],
  each: Case,
  millis: number,
): Promise<Measured> {
  const used = children.slice(0, each.processes)
  const all = (order: Order) => Promise.all(used.map((child) => ask(child, order)))
  await all({ kind: 'prepare', connectionString: server.connectionString, each, times: TIMES })
  const before = serverSeconds(server.processId)
  const answers = (await all({ kind: 'measure', millis })).filter((answer) => answer.kind === 'measured')
  const after = serverSeconds(server.processId)
  await all({ kind: 'close' })
  const tasks = answers.reduce((sum, answer) => sum + answer.tasks, 0)
  const mean = (of: 'waitMillis' | 'holdMillis') =>
    answers.reduce((sum, answer) => sum + answer[of] * answer.tasks, 0) / tasks
  const seconds = Math.max(...answers.map((answer) => answer.seconds))
  return {
    ...each,
    tasksPerSecond: answers.reduce((sum, answer) => sum + answer.tasks / answer.seconds, 0),
    waitMillis: mean('waitMillis'),
    holdMillis: mean('holdMillis'),
    serverCores: before === undefined || after === undefined ? undefined : (after - before) / seconds,
  }
}

async function ask(child: ChildProcess, order: Order): Promise<Answer> {
  const answer = once(child, 'message')
  child.send(order)
  const [message] = await answer
  return message
}

await runCommand({ help: HELP, readArguments, run })
