import { expect, inject, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { Lending, untilQuiet } from '../../support/lending.js'
import { randomFrom } from '../../support/random.js'
import { LEAVINGS, type task } from '../../tasks/storm.js'

const database = await createTestDatabase()
const lending = new Lending(database)

/** Fewer where the path is another: which thread has which task is the same there. */
const TASKS = inject('relayed') || inject('overTls') ? 160 : 400
const SEED = 20
const CALLERS = 16

test('no task is lost, begun twice or sees another’s session, whatever its neighbours do', async () => {
  const broker = lending.broker({ max: 3 })
  const executor = lending.executor<{ task: typeof task }>(broker, 'storm.js', {
    minThreads: 3,
    maxThreads: 5,
    idleTimeout: 50,
    abortGraceMillis: 20,
  })
  const begun = new Int32Array(new SharedArrayBuffer(TASKS * Int32Array.BYTES_PER_ELEMENT))
  const outcomes = { answered: 0, aborted: 0, died: 0 }

  async function run(number: number): Promise<void> {
    const stop = new AbortController()
    // Of its own, so that each task is the same in every run.
    const next = randomFrom(SEED + number)
    const below = (limit: number) => Math.floor(next() * limit)
    const kind = next()
    if (kind < 0.05) setImmediate(() => stop.abort())
    else if (kind < 0.15) setTimeout(() => stop.abort(), below(8))
    const end = kind > 0.985 ? 'process.exit()' : kind > 0.97 ? 'an uncaught error' : 'an answer'
    const leaving = next() < 0.7 ? 'nothing' : LEAVINGS[below(LEAVINGS.length)]!
    const progress: unknown[] = []
    try {
      const answer = await executor.run(
        { begun, number, queries: below(5), leaving, end },
        { name: 'task', signal: stop.signal, onProgress: (value) => progress.push(value) },
      )
      expect([answer, begun[number], progress]).toEqual([number, 1, [number]])
      outcomes.answered++
    } catch (error) {
      if (stop.signal.aborted) {
        expect(error).toMatchObject({ name: 'AbortError' })
        outcomes.aborted++
      } else {
        expect(end).not.toBe('an answer')
        expect(error).toMatchObject({ code: 'PGLEASE_THREAD_ENDED' })
        outcomes.died++
      }
      expect(begun[number]).toBeLessThanOrEqual(1)
    }
  }

  let number = 0
  const caller = async () => {
    while (number < TASKS) await run(number++)
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  expect(outcomes.answered + outcomes.aborted + outcomes.died).toBe(TASKS)
  expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(3)
  expect([executor.runningSize, executor.queueSize]).toEqual([0, 0])
  await executor.close()
  await untilQuiet(broker)
  const { leases, waitMillis, holdMillis, total, leased } = broker.stats().default!
  expect({ waited: waitMillis.count, held: holdMillis.count, leased }).toEqual({
    waited: leases,
    held: leases,
    leased: 0,
  })
  expect(total).toBeLessThanOrEqual(3)
}, 120_000)
