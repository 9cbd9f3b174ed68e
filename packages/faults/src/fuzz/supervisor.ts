import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FuzzMessage, FuzzRequest } from './fuzz-process.js'

/** What was found. */
interface Finding {
  readonly target: string
  readonly batch: number
  readonly what: string
  /** The case that was under way, where that is known. */
  readonly script?: string
}

export interface GroupOutcome {
  readonly group: string
  readonly cases: Readonly<Record<string, number>>
  readonly longestTurnMillis: number
  readonly findings: readonly Finding[]
}

/** A main thread that does not turn for so long counts as one that stands still. */
const STILL_MILLIS = 90_000

/** After so many the rest of the time is not used. */
const MOST_FINDINGS = 10

const PROCESS = fileURLToPath(new URL('./fuzz-process.js', import.meta.url))

/** Runs one group for its time, in a process; in another one behind each that ends. */
export async function superviseGroup(
  request: Omit<FuzzRequest, 'trace'>,
  signal: AbortSignal,
  show: (line: string) => void,
): Promise<GroupOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'pglease-fuzz-'))
  const cases: Record<string, number> = {}
  const findings: Finding[] = []
  let longestTurnMillis = 0
  const deadline = performance.now() + request.seconds * 1000
  try {
    for (let { from } = request; from < request.batches; ) {
      const seconds = (deadline - performance.now()) / 1000
      if (seconds <= 0 || findings.length >= MOST_FINDINGS) break
      const trace = join(folder, 'case.json')
      const run = await runProcess({ ...request, from, seconds, trace }, signal, (message) => {
        if ('batch' in message) show(`${request.group}: batch ${message.batch} of ${message.target}`)
        if (!('cases' in message)) return
        cases[message.target] = (cases[message.target] ?? 0) + message.cases
        longestTurnMillis = Math.max(longestTurnMillis, message.longestTurnMillis)
      })
      findings.push(...run.findings)
      signal.throwIfAborted()
      if (run.isDone) break
      from = run.batch + 1
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return { group: request.group, cases, longestTurnMillis, findings }
}

interface ProcessRun {
  readonly findings: Finding[]
  readonly isDone: boolean
  /** The latest that was begun. */
  readonly batch: number
}

function runProcess(
  request: FuzzRequest,
  signal: AbortSignal,
  onMessage: (message: FuzzMessage) => void,
): Promise<ProcessRun> {
  return new Promise((resolve, reject) => {
    const child = fork(PROCESS, {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      signal,
    })
    let [batch, target, errors] = [request.from, '', '']
    const findings: Finding[] = []
    const find = (what: string) => {
      const script = readCase(request.trace)
      findings.push({ target, batch, what, ...(script === undefined ? {} : { script }) })
    }
    let isStill = false
    const stop = () => {
      isStill = true
      child.kill('SIGKILL')
    }
    let watchdog = setTimeout(stop, STILL_MILLIS)
    child.stderr!.on('data', (chunk) => {
      errors = (errors + chunk).slice(-4000)
    })
    child.on('message', (message: FuzzMessage) => {
      clearTimeout(watchdog)
      watchdog = setTimeout(stop, STILL_MILLIS)
      if ('batch' in message) ({ batch, target } = message)
      if ('wrong' in message) find(message.wrong)
      onMessage(message)
    })
    child.on('error', reject)
    child.on('close', (code, by) => {
      clearTimeout(watchdog)
      const isDone = code === 0
      if (isStill) find(`The main thread stood still for ${STILL_MILLIS} ms`)
      else if (!isDone) find(`The process ended with ${by ?? code}:\n${errors}`)
      resolve({ findings, isDone, batch })
    })
    child.send(request)
  })
}

function readCase(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
