import { setTimeout as sleep } from 'node:timers/promises'
import { LOAD_ROLE } from '../load/schema.js'
import type { Fault } from './fault.js'

/** Until there is one where it is to be struck. */
const LOOKS = 8
const LOOK_MILLIS = 5

/** Of the load's server processes, in `pg_stat_activity`. */
const BACKENDS = {
  'in a query': "state = 'active'",
  'in a transaction': "state LIKE 'idle in transaction%'",
  // A thread keeps a connection for a few milliseconds.
  'just idle': "state = 'idle' AND state_change > clock_timestamp() - interval '4 ms'",
  'idle for longer': "state = 'idle' AND state_change < clock_timestamp() - interval '15 ms'",
} as const

/** An administrator ends one of the server's processes. */
function terminated(where: keyof typeof BACKENDS): Fault {
  const query = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE usename = '${LOAD_ROLE}' AND ${BACKENDS[where]} ORDER BY pid % $1, pid LIMIT 1`
  return {
    name: `backend terminated ${where}`,
    group: 'backends',
    weight: 3,
    length: 'quick',
    costs: { lost: 1 },
    async strike({ admin }, random) {
      const values = [1 + random.below(7)]
      for (let look = 0; look < LOOKS; look++) {
        const rows = await admin.tryQuery(query, values)
        if (rows?.length === 1) return 'struck'
        await sleep(LOOK_MILLIS)
      }
      return 'missed'
    },
  }
}

const allTerminated: Fault = {
  name: 'all backends terminated',
  group: 'backends',
  weight: 0.5,
  length: 'quick',
  costs: { lost: Number.POSITIVE_INFINITY },
  async strike({ admin }) {
    const rows = await admin.tryQuery(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${LOAD_ROLE}'`,
    )
    return rows !== undefined && rows.length > 0 ? 'struck' : 'missed'
  },
}

/** The server takes that for a crash, ends all of its processes and recovers. */
function killed(where: keyof typeof BACKENDS): Fault {
  const query = `SELECT pid FROM pg_stat_activity WHERE usename = '${LOAD_ROLE}' AND ${BACKENDS[where]} LIMIT 1`
  return {
    name: `backend killed ${where}`,
    group: 'backends',
    weight: 1,
    length: 'long',
    costs: { lost: Number.POSITIVE_INFINITY },
    async strike({ admin }) {
      const [row] = (await admin.tryQuery<{ pid: number }>(query)) ?? []
      if (row === undefined) return 'missed'
      process.kill(row.pid, 'SIGKILL')
      await admin.query('SELECT 1')
      return 'struck'
    },
  }
}

const PLACES = Object.keys(BACKENDS) as (keyof typeof BACKENDS)[]

export const backendFaults: readonly Fault[] = [
  ...PLACES.map(terminated),
  allTerminated,
  ...PLACES.map(killed),
]
