import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { expect, inject, test, vi } from 'vitest'
import { createTestDatabase } from '../../broker/test/support/database.js'
import { until } from '../../broker/test/support/until.js'
import { temporaryFolder } from '../../commands/test/support/temporary-folder.js'
import { ClusterCommand } from './support/cluster-command.js'
import { Hosts, whyNoHosts } from './support/hosts.js'

const database = await createTestDatabase()

/** Long, for a machine that is busy with other test files. */
vi.setConfig({ testTimeout: 120_000 })

/** Where the hosts reach the server, with TLS. */
async function addressFor(hosts: Hosts): Promise<string> {
  const url = new URL(database.connectionString)
  url.port = String(await hosts.forward(Number(url.port)))
  url.hostname = hosts.address
  const certificate = join(temporaryFolder(), 'server.crt')
  writeFileSync(certificate, inject('certificate').cert)
  // It is that of another name.
  return `${url.href}?uselibpqcompat=true&sslmode=verify-ca&sslrootcert=${certificate}`
}

async function value(sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: database.connectionString })
  await client.connect()
  try {
    return Object.values((await client.query(sql)).rows[0]!)[0]
  } finally {
    await client.end()
  }
}

const jobsUnderWay = () =>
  value('select count(locked_by)::int from pglease_cluster_queue.jobs').catch(() => 'no queue yet')

/** Connections of members that have none. */
const withoutTls = () =>
  value(`select count(*)::int from pg_stat_activity join pg_stat_ssl using (pid)
    where datname = current_database() and application_name ~ ' [0-9]+[.]' and not ssl`)

test.skipIf(whyNoHosts !== undefined)(
  `across hosts, with TLS between, a host that is cut off for good costs no tour${whyNoHosts ?? ''}`,
  async () => {
    const hosts = new Hosts(2)
    const run = new ClusterCommand([
      ...['--database-url', await addressFor(hosts), '--netns', hosts.names.join(), '--json'],
      ...['--processes', '2', '--threads', '1', '--countries', 'LU,LV,EE', '--seconds', '8'],
    ])
    // One thread each: the second host has one of them.
    await until(
      async () => (await jobsUnderWay()) === 2,
      () => `for two jobs: ${run.stderr}`,
      60_000,
    )
    expect(await withoutTls()).toBe(0)
    hosts.cutOff(hosts.names[1]!)
    const { code, stdout, stderr } = await run.ended
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
    const { retried, killed, peakConnections, ...rest } = JSON.parse(stdout)
    expect(rest).toMatchObject({
      countries: 3,
      planned: 3,
      plannedTwice: 0,
      leakedConnections: 0,
      verified: true,
    })
    expect(retried).toBe(1)
    expect(killed).toBeGreaterThanOrEqual(1)
    expect(peakConnections).toBeLessThanOrEqual(6)
  },
)
