import { setTimeout as sleep } from 'node:timers/promises'
import type { ShutDownMode } from '@pglease/postgres'
import pg from 'pg'
import { LOAD_ROLE } from '../load/schema.js'
import { type Fault, MAX_CONNECTIONS, type World } from './fault.js'

const ALL = Number.POSITIVE_INFINITY
const TERMINATE = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${LOAD_ROLE}'`

const restarted = (mode: ShutDownMode): Fault => ({
  name: `server restarted, ${mode}`,
  group: 'server',
  weight: 2,
  length: 'long',
  costs: { lost: ALL, unreachable: ALL },
  async strike({ server }) {
    await server.restart(mode)
    return 'struck'
  },
})

const away: Fault = {
  name: 'server away',
  group: 'server',
  weight: 2,
  length: 'long',
  costs: { lost: ALL, unreachable: ALL },
  async strike({ server }, random) {
    await server.shutDown(random.pick(['fast', 'immediate']))
    await sleep(random.between(100, 1500))
    await server.launch()
    return 'struck'
  },
}

/** Others have all the places that are left. */
const full: Fault = {
  name: 'server full',
  group: 'server',
  weight: 2,
  length: 'long',
  costs: { lost: ALL, unreachable: ALL },
  async strike({ server, admin }, random) {
    const crowd: pg.Client[] = []
    try {
      await admin.query(TERMINATE)
      await fill(server.connectionString, crowd)
      await sleep(random.between(100, 600))
    } finally {
      await Promise.all(crowd.map((client) => client.end().catch(() => {})))
    }
    return 'struck'
  },
}

async function fill(connectionString: string, crowd: pg.Client[]): Promise<void> {
  const url = Object.assign(new URL(connectionString), { username: 'crowd', password: 'crowd' })
  const come = async (): Promise<void> => {
    const client = new pg.Client({ connectionString: url.href })
    client.on('error', () => {})
    // One that is not let in leaves the server full.
    await client.connect().then(
      () => crowd.push(client),
      () => {},
    )
  }
  await Promise.all(Array.from({ length: MAX_CONNECTIONS }, come))
}

/** @param explains the error that a lease may be refused with. */
function refusing(name: string, refuse: string, admit: string, costs: Fault['costs']): Fault {
  return {
    name,
    group: 'server',
    weight: 1,
    length: 'long',
    costs: { lost: ALL, unreachable: ALL, ...costs },
    async strike({ admin }: World, random) {
      await admin.query(refuse)
      try {
        await admin.query(TERMINATE)
        await sleep(random.between(50, 400))
      } finally {
        await admin.query(admit)
      }
      return 'struck'
    },
  }
}

/** The administrator is connected to the database as well, of which ALTER DATABASE would not take it. */
function allowsConnections(does: boolean): string {
  return `UPDATE pg_database SET datallowconn = ${does} WHERE datname = '${LOAD_ROLE}'`
}

export const serverFaults: readonly Fault[] = [
  restarted('fast'),
  restarted('immediate'),
  away,
  full,
  refusing('server refuses the role', `ALTER ROLE ${LOAD_ROLE} NOLOGIN`, `ALTER ROLE ${LOAD_ROLE} LOGIN`, {
    refused: ALL,
  }),
  refusing('server refuses the database', allowsConnections(false), allowsConnections(true), {
    refused: ALL,
  }),
]
