import { constants } from 'node:os'
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import { type Check, callable, checkOptions, described, millis, wrong } from '@pglease/client/internal'
import type { ConnectionBroker } from './broker.js'
import type { SharedPoolExecutor } from './executor/executor.js'

type AnyBroker = Pick<ConnectionBroker, 'announceClose' | 'close' | 'stats'>
type AnyExecutor = Pick<SharedPoolExecutor, 'close' | 'queueSize' | 'runningSize'>

/** What a signal closes, and within what time. */
export interface ShutdownOptions {
  /** Closed when the executors are. */
  broker: AnyBroker
  /** What runs tasks on it. */
  executor?: AnyExecutor | readonly AnyExecutor[]
  /** Any of them begins it. Default: `['SIGTERM', 'SIGINT']`. */
  signals?: readonly NodeJS.Signals[]
  /**
   * How long, from the signal on, tasks and leases may go on; then they are aborted. The process ends within five seconds
   * more, so let this and those be less than what the orchestrator waits before it kills. Default: 20000.
   */
  timeoutMillis?: number
  /**
   * How long everything goes on as before the signal, but for `healthcheck`, which says `closing`: until whoever sends requests
   * here has learnt it. Part of `timeoutMillis`. Default: 0.
   */
  delayMillis?: number
  /** Stops what brings in work, as an HTTP server, and resolves when that is done; tasks are taken until then. */
  beforeClose?: () => unknown
}

/** What `installShutdown` returns. */
export interface Shutdown {
  /** Aborted when no new work should be begun: after `delayMillis`. For loops that bring in work by themselves. */
  readonly signal: AbortSignal
  /** Listens no more. A stop that has begun goes on. */
  uninstall(): void
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
const TIMEOUT_MILLIS = 20_000

/** What cancels and threads that are ended may take, behind `timeoutMillis`. */
const FORCE_MILLIS = 5000

/** npm passes a Ctrl-C on to a program that has had it from the terminal: that is one signal, not two. */
const SAME_SIGNAL_MILLIS = 100

const one: Check = (value) => (typeof Object(value).close === 'function' ? undefined : 'one')
const signalNames: Check = (value) => {
  const isRight = Array.isArray(value) && value.every((name) => Object.hasOwn(constants.signals, name))
  return isRight ? undefined : "an array of names of signals, as ['SIGTERM']"
}

const CHECKS: Record<keyof ShutdownOptions, Check> = {
  broker: one,
  executor: (value) => ([value].flat().every((each) => one(each) === undefined) ? undefined : 'one or more'),
  signals: signalNames,
  timeoutMillis: millis,
  delayMillis: millis,
  beforeClose: callable,
}

/**
 * Ends the process in order when a signal asks it to: `healthcheck` says `closing`, `delayMillis` pass, `beforeClose` is called
 * and awaited, the executors take no more tasks and let theirs finish, the broker closes its connections, the process exits. What
 * has not ended after `timeoutMillis` is aborted.
 *
 * The exit code is `process.exitCode`, or 0, where all has ended by itself; 1 where something was aborted or `beforeClose` failed,
 * which a `PGLEASE_SHUTDOWN` warning of the process tells; at a second signal at once 128 and the signal's number, as a
 * shell has it. A program that ends by itself before is not held up.
 * @throws ConfigurationError
 */
export function installShutdown(options: ShutdownOptions): Shutdown {
  checkOptions('shutdown', options, CHECKS)
  if (one(options.broker) !== undefined) throw wrong('shutdown.broker', options.broker, 'a ConnectionBroker')
  const { signals = SIGNALS } = options
  const noNewWork = new AbortController()
  let began: number | undefined
  const listener = (name: NodeJS.Signals) => {
    const now = performance.now()
    if (began === undefined) {
      began = now
      void stop(options, noNewWork, name)
    } else if (now - began > SAME_SIGNAL_MILLIS) {
      // Not by the signal itself: what runs as the first process of a container ignores it.
      process.exit(128 + constants.signals[name])
    }
  }
  for (const name of signals) process.on(name, listener)
  return {
    signal: noNewWork.signal,
    uninstall() {
      for (const name of signals) process.off(name, listener)
    },
  }
}

async function stop(options: ShutdownOptions, noNewWork: AbortController, name: string): Promise<void> {
  const { broker, executor = [], timeoutMillis = TIMEOUT_MILLIS, delayMillis = 0, beforeClose } = options
  const executors = [executor].flat() as AnyExecutor[]
  const deadline = performance.now() + timeoutMillis
  const left = () => Math.max(0, Math.round(deadline - performance.now()))
  const troubles: string[] = []
  const inVain = `The process did not come to its end within ${FORCE_MILLIS} ms more than that, and is ended.`
  setTimeout(() => exit([...troubles, inVain]), timeoutMillis + FORCE_MILLIS)
  try {
    broker.announceClose()
    await delay(Math.min(delayMillis, timeoutMillis))
    noNewWork.abort(new Error(`The process is to end: ${name}`))
    if (!(await endsWithin(left(), beforeClose))) troubles.push('`beforeClose` has not ended.')
  } catch (error) {
    troubles.push(`\`beforeClose\` failed: ${described(error)}`)
  }
  try {
    const tasks = await closeExecutors(executors, left())
    if (tasks > 0) troubles.push(`Tasks were aborted: ${tasks}.`)
    const leases = await closeBroker(broker, left())
    if (leases > 0) troubles.push(`Leases were taken back: ${leases}.`)
  } catch (error) {
    troubles.push(described(error))
  }
  await exit(troubles.length === 0 ? [] : [`Stopped by ${name}, after ${timeoutMillis} ms:`, ...troubles])
}

/** @returns whether it has ended. @throws what it throws before the time is over */
async function endsWithin(limitMillis: number, work: (() => unknown) | undefined): Promise<boolean> {
  const done = new AbortController()
  const late = delay(limitMillis, 'late', { signal: done.signal }).catch(() => {})
  const working = Promise.resolve().then(() => work?.())
  // One that fails later is nobody's.
  working.catch(() => {})
  try {
    return (await Promise.race([working, late])) !== 'late'
  } finally {
    done.abort()
  }
}

/** @returns how many tasks have not ended by themselves */
async function closeExecutors(executors: readonly AnyExecutor[], limitMillis: number): Promise<number> {
  let late = 0
  const timer = setTimeout(() => {
    for (const { queueSize, runningSize } of executors) late += queueSize + runningSize
  }, limitMillis)
  await Promise.all(executors.map((each) => each.close({ timeoutMillis: limitMillis })))
  clearTimeout(timer)
  return late
}

/** @returns how many leases were taken back */
async function closeBroker(broker: AnyBroker, timeoutMillis: number): Promise<number> {
  const revoked = () => Object.values(broker.stats()).reduce((sum, each) => sum + each.revoked, 0)
  const before = revoked()
  await broker.close({ timeoutMillis })
  return revoked() - before
}

async function exit(troubles: readonly string[]): Promise<never> {
  if (troubles.length === 0) return process.exit()
  process.emitWarning(troubles.join(' '), { type: 'PgleaseWarning', code: 'PGLEASE_SHUTDOWN' })
  // The warning is told in a turn of its own.
  await nextTurn()
  return process.exit(process.exitCode || 1)
}
