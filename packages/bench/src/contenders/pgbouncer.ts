import { existsSync } from 'node:fs'
import { PgBouncerProcess } from '../server/pgbouncer-process.js'
import { type Contender, connectionsPerThread } from './contender.js'
import { startThreads } from './thread-pool.js'

const PROGRAM = '/usr/sbin/pgbouncer'

export const pgBouncer: Contender = {
  name: 'PgBouncer',
  about: 'a PgBouncer in transaction mode stands between the pools of the threads and the server',
  unavailable: () =>
    existsSync(PROGRAM) ? undefined : `${PROGRAM} is not installed (Debian: apt install pgbouncer)`,
  async start(setting) {
    const { address, threads, connections, pipelined = false } = setting
    const bouncer = await PgBouncerProcess.start(PROGRAM, address, connections)
    const max = connectionsPerThread(setting)
    const access = { kind: 'pool', address: bouncer.address, max, pipelined, named: false } as const
    const running = await startThreads(threads, access)
    return {
      run: running.run,
      async stop() {
        await running.stop()
        await bouncer.stop()
      },
    }
  },
}
