import type { Contender } from './contender.js'
import { startThreads } from './thread-pool.js'

export const connectPerTask: Contender = {
  name: 'connect per task',
  about: 'each task opens a pg.Client and closes it',
  start: ({ address, threads }) => startThreads(threads, { kind: 'connect', address }),
}
