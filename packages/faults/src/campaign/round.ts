import { setTimeout as sleep } from 'node:timers/promises'
import type { EmbeddedPostgres } from '@pglease/postgres'
import { Random } from '../common/random.js'
import type { World } from '../faults/fault.js'
import { FAULTS } from '../faults/index.js'
import { LOAD_ROLE, TABLES } from '../load/schema.js'
import type { NetworkProxy } from '../proxy/network-proxy.js'
import { now, type RoundReport, type RoundSettings } from '../subject/messages.js'
import type { Accounts } from './accounts.js'
import type { Admin } from './admin.js'
import { auditLedger } from './ledger.js'
import { type Path, sslOf } from './paths.js'
import type { RoundPlan, Strike } from './schedule.js'
import { leftAtServer, ServerWatch } from './server-watch.js'
import type { Subject } from './subject.js'
import { FaultWindow } from './windows.js'

export interface Stage {
  readonly path: Path
  readonly server: EmbeddedPostgres
  readonly admin: Admin
  readonly proxy: NetworkProxy
}

const THREADS = 3
const WORKERS = 2
const CALLERS = { executor: 6, worker: 2, main: 1 }
/** Faults that tasks carry need some time too. */
const LEAST_MILLIS = 1500

const FAULT_PERCENT = 12

/**
 * One round: load, and faults meanwhile; then all is healed and closed, and accounted for.
 * @throws SubjectEndedError when the process under test does not live to its end
 */
export async function runRound(
  stage: Stage,
  subject: Subject,
  plan: RoundPlan,
  accounts: Accounts,
  options: { readonly faults: readonly string[]; readonly signal: AbortSignal },
): Promise<RoundReport> {
  const { admin, proxy, server } = stage
  await admin.query(TABLES)
  await admin.query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${LOAD_ROLE}`)
  await admin.query(`GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${LOAD_ROLE}`)
  const windows: FaultWindow[] = []
  await subject.begin(settingsOf(stage, plan, options.faults))
  const watch = new ServerWatch(loadDatabaseOf(server), proxy, subject)
  try {
    const world: World = { server, admin, proxy, subject }
    const strikes = Object.values(plan.strikes)
    await allOrNone(options.signal, (signal) => [
      ...strikes.map((line) => runLine(line, world, windows, signal)),
      sleep(LEAST_MILLIS, undefined, { signal }),
    ])
  } finally {
    await proxy.heal()
  }
  const report = await subject.finish()
  await watch.close()
  accounts.add(report.told, windows, await auditLedger(admin, report.told))
  const left = await leftAtServer(admin)
  if (report.socketsLeft > 0) left.push(`${report.socketsLeft} sockets are open behind the close`)
  for (const complaint of [...watch.complaints, ...left, ...pathComplaints(stage.path, report)])
    accounts.complain(complaint, windows)
  return report
}

/** Rejects with the first that does, once all are over. */
async function allOrNone(
  signal: AbortSignal,
  start: (signal: AbortSignal) => readonly Promise<void>[],
): Promise<void> {
  const stop = new AbortController()
  const lines = start(AbortSignal.any([signal, stop.signal]))
  for (const line of lines) line.catch(() => stop.abort())
  const failed = (await Promise.allSettled(lines)).find((each) => each.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** One fault behind the other. */
async function runLine(
  strikes: readonly Strike[],
  world: World,
  windows: FaultWindow[],
  signal: AbortSignal,
): Promise<void> {
  for (const { fault: name, afterMillis, seed } of strikes) {
    await sleep(afterMillis, undefined, { signal })
    const fault = FAULTS.find((each) => each.name === name)!
    const begin = now()
    const outcome = await fault.strike(world, new Random(seed))
    if (outcome === 'struck') windows.push(new FaultWindow(fault, begin, now()))
  }
}

function settingsOf(
  { path, proxy, server }: Stage,
  plan: RoundPlan,
  faults: readonly string[],
): RoundSettings {
  const ssl = sslOf(path, server.certificate!.cert)
  return {
    seed: plan.seed,
    database: {
      ...plan.settings,
      host: proxy.host,
      port: proxy.port,
      user: LOAD_ROLE,
      password: LOAD_ROLE,
      database: LOAD_ROLE,
      application_name: 'load',
      ...(ssl === undefined ? {} : { ssl }),
    },
    threads: THREADS,
    workers: WORKERS,
    callers: CALLERS,
    faultPercent: FAULT_PERCENT,
    faults,
  }
}

/** Where the administrator watches the load. */
export function loadDatabaseOf({ connectionString }: EmbeddedPostgres): string {
  return Object.assign(new URL(connectionString), { pathname: LOAD_ROLE }).href
}

/** The leases went the way that they were to go. */
function pathComplaints({ name, isHandedOver }: Path, { leases, handedOver }: RoundReport): string[] {
  if (isHandedOver ? handedOver > 0 : handedOver === 0) return []
  return [`On the path ${name} ${handedOver} of ${leases} leases were handed over`]
}
