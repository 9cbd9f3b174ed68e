import { type Contender, connectionsPerThread } from './contender.js'
import { startThreads } from './thread-pool.js'

export const postgresJs: Contender = {
  name: 'postgres.js',
  about: 'each thread has a pool of postgres.js, which prepares its statements and pipelines by itself',
  start: (setting) =>
    startThreads(setting.threads, {
      kind: 'postgres.js',
      address: setting.address,
      max: connectionsPerThread(setting),
    }),
}
