import { type Contender, connectionsPerThread, type Setting } from './contender.js'
import { startThreads } from './thread-pool.js'

/** What people do today, and the limit for a query: nothing stands between a thread and the server. */
export const ownPool: Contender = {
  name: 'own pool',
  about: 'each thread has a pg.Pool of its own',
  start: (setting) => start(setting, false),
}

/** What people do who know that the server need not parse a text again. */
export const ownNamed: Contender = {
  name: 'own pool, named',
  about: 'the same, and each text has a name, by which the server keeps it',
  start: (setting) => start(setting, true),
}

function start(setting: Setting, named: boolean) {
  const max = connectionsPerThread(setting)
  const { address, pipelined = false } = setting
  return startThreads(setting.threads, { kind: 'pool', address, max, pipelined, named })
}
