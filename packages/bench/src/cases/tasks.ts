import { connectPerTask } from '../contenders/connect-per-task.js'
import { ownNamed, ownPool } from '../contenders/own-pool.js'
import { pglease, pgleaseLasting } from '../contenders/pglease.js'
import { postgresJs } from '../contenders/postgres-js.js'
import type { Values } from '../harness/alternate.js'
import { amountOf, ITEMS } from '../server/data.js'
import { check, repeat } from '../threads/repeat.js'
import type { Round } from './comparison.js'
import { BOTH_ROUTES, rateOf, SOCKET } from './rates.js'
import { REPEATING, throughput } from './throughput.js'

/** Tasks given to the executor for each thread at a time: one runs, the next one waits. */
const TASKS_PER_THREAD = 2

const COMPUTE_MILLIS = 5

/** A task runs far more code than a query, and seldom enough for the compiler to take thousands of tasks to see it all. */
const TASKS = { unit: 'tasks', warmUp: 'until steady' } as const

export const oneQuery = throughput({
  name: 'task-1-query',
  title: 'Tasks of one query: executor.run, for the others Piscina',
  ...TASKS,
  targets: [
    { against: ownPool.name, least: 0.85 },
    { against: connectPerTask.name, least: 20 },
  ],
  contenders: [pglease, pgleaseLasting, ...REPEATING.slice(1), connectPerTask],
  places: BOTH_ROUTES,
  round: (round) => runTasks(round, 1, 0),
})

export const fiveQueries = throughput({
  name: 'task-5-queries',
  title: 'Tasks of five queries',
  ...TASKS,
  targets: [{ against: ownPool.name, least: 0.7 }],
  contenders: REPEATING,
  places: SOCKET,
  round: (round) => runTasks(round, 5, 0),
})

/** Compared with those that would be taken in its place, and with what pglease does when it is not told to. */
const LASTING = { ...TASKS, contenders: [pgleaseLasting, pglease, ownPool, ownNamed, postgresJs] }

export const lastingFive = throughput({
  name: 'lasting-5',
  title: 'Tasks of five queries, whose statement lasts',
  ...LASTING,
  targets: [
    { against: ownPool.name, least: 1.1 },
    { against: postgresJs.name, least: 0.75 },
  ],
  accountTargets: { server: [{ against: pglease.name, most: 0.55 }] },
  places: SOCKET,
  round: (round) => runTasks(round, 5, 0),
})

export const lastingPlanned = throughput({
  name: 'lasting-planned',
  title:
    'Tasks of one join of ten tables, of which the plan takes longer than the answer, whose statement lasts',
  ...LASTING,
  targets: [{ against: ownPool.name, least: 1.6 }],
  places: SOCKET,
  round: (round) => runTasks(round, 1, 0, true),
})

export const queriesAndComputation = throughput({
  name: 'task-compute',
  title: `Tasks of three queries and ${COMPUTE_MILLIS} ms of computation`,
  ...TASKS,
  targets: [{ against: ownPool.name, least: 0.97 }],
  places: SOCKET,
  warmUpRound: (round) => runTasks(round, 3, 0),
  round: (round) => runTasks(round, 3, COMPUTE_MILLIS),
})

/** Keeps all threads busy with tasks for the time of a round, and checks the sum that each returns. */
async function runTasks(
  { running, setting, bench }: Round,
  queries: number,
  millis: number,
  planned = false,
): Promise<Values> {
  const turns = Math.round(millis * bench.turnsPerMilli)
  let lastId = 0
  const runTask = async () => {
    const ids = Array.from({ length: queries }, () => {
      lastId = (lastId % ITEMS) + 1
      return lastId
    })
    const sum = await running.run('task', { ids, turns, planned })
    check(sum === ids.reduce((total, id) => total + amountOf(id), 0), 'another sum of amounts')
    return 1
  }
  const callers = Array.from({ length: setting.threads * TASKS_PER_THREAD }, () =>
    repeat(bench.scope.roundMillis, runTask),
  )
  return rateOf(await Promise.all(callers))
}
