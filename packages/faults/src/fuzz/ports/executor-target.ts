import { writeFileSync } from 'node:fs'
import { type ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'
import { closeBrought } from '@pglease/broker/internal'
import fc from 'fast-check'
import { within } from '../../common/until.js'
import { keptCases } from '../corpus.js'
import type { Target, World } from '../target.js'
import type { Innocents } from './innocents.js'
import type { Script } from './script.js'
import { SCRIPTS, type ScriptKind } from './scripts.js'

const BATCH = 20

/** What a caller does with what it gets. */
const use = (value: unknown) => closeBrought(value)

/** A task that spoils its own answer is aborted after this. */
const TASK_MILLIS = 300

/** Nothing keeps a task's promise open for longer, once it is aborted. */
const BOUND_MILLIS = 20_000

/** Scripts in tasks of an executor. */
export function executorTarget(
  kind: ScriptKind,
  broker: ConnectionBroker,
  innocents: Innocents,
  { trace }: World,
): Target {
  const executor = new SharedPoolExecutor<typeof import('./task-thread.js')>(broker, {
    filename: new URL('./task-thread.js', import.meta.url).href,
    maxThreads: 1,
    abortGraceMillis: 50,
  })
  // A thread that breaks itself is told of here.
  executor.on('error', () => {})

  return {
    name: kind,
    async run(seed) {
      const scripts =
        seed === undefined ? keptCases<Script>(kind) : fc.sample(SCRIPTS[kind], { seed, numRuns: BATCH })
      for (const script of scripts) await play(script)
      await innocents.check()
      return scripts.length
    },
    close: () => executor.close({ timeoutMillis: 0 }),
  }

  async function play(script: Script): Promise<void> {
    writeFileSync(trace, JSON.stringify(script))
    const signal = AbortSignal.timeout(TASK_MILLIS)
    const task = executor.run(script, { name: 'playScript', signal, onProgress: use })
    // How it ends is its own affair.
    await within(BOUND_MILLIS, 'for a task to settle', task.then(use, use))
  }
}
