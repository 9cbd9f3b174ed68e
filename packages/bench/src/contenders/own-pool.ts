import { type Contender, connectionsPerThread } from './contender.js'
import { startThreads } from './thread-pool.js'

/** What people do today, and the limit for a query: nothing stands between a thread and the server. */
export const ownPool: Contender = {
  name: 'own pool',
  about: 'each thread has a pg.Pool of its own',
  start: (setting) =>
    startThreads(setting.threads, {
      kind: 'pool',
      address: setting.address,
      max: connectionsPerThread(setting),
      pipelined: setting.pipelined ?? false,
    }),
}
