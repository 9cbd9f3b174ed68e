import { Pool } from '@pglease/client'
import { Logger, makeWorkerUtils, runOnce, type TaskList, type WorkerUtils } from 'graphile-worker'

const pgPool = new Pool()
// graphile-worker warns of a pool without these. No client of this one is ever idle.
pgPool.on('error', console.error)
pgPool.on('connect', (client) => client.on('error', console.error))

const options = { pgPool, noHandleSignals: true, logger: new Logger(() => () => {}) }

export const utils: WorkerUtils = await makeWorkerUtils(options)

/** Runs the jobs that are due. `run`, which waits for jobs, holds a connection all the time: let the main thread do that. */
export const runJobs = (taskList: TaskList) => runOnce({ ...options, concurrency: 2, taskList })
