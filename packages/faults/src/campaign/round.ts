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

/** Faults that tasks carry need some time too. */
const LEAST_MILLIS = 1500

export interface RoundOptions {
  /** Only these; all when empty. */
  readonly faults: readonly string[]
  /** Whether the broker and its threads stay, for the next round. */
  readonly keeps: boolean
  readonly signal: AbortSignal
}

/**
 * One round: load, and faults meanwhile; then all is healed, and closed or kept, and accounted for.
 * @throws SubjectEndedError when the process under test does not live to its end
 */
export async function runRound(
  stage: Stage,
  subject: Subject,
  plan: RoundPlan,
  accounts: Accounts,
  { faults, keeps, signal }: RoundOptions,
): Promise<RoundReport> {
  const { admin, proxy, server } = stage
  await admin.query(TABLES)
  await admin.query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${LOAD_ROLE}`)
  await admin.query(`GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${LOAD_ROLE}`)
  const windows: FaultWindow[] = []
  await subject.begin(settingsOf(stage, plan, faults))
  const watch = new ServerWatch(loadDatabaseOf(server), proxy, subject)
  let report: RoundReport
  try {
    await strike({ server, admin, proxy, subject }, plan, windows, signal)
    report = await subject.finish(keeps)
  } finally {
    await watch.close()
  }
  accounts.add(report.told, windows, await auditLedger(admin, report.told))
  const left = await leftAtServer(admin, keeps)
  if (report.socketsLeft > 0) left.push(`${report.socketsLeft} sockets are open behind the close`)
  for (const complaint of [...watch.complaints, ...left, ...pathComplaints(stage.path, plan, report)])
    accounts.complain(complaint, windows)
  return report
}

/** All that is planned; healed behind it. */
async function strike(
  world: World,
  { lines }: RoundPlan,
  windows: FaultWindow[],
  signal: AbortSignal,
): Promise<void> {
  try {
    await allOrNone(signal, (stop) => [
      ...lines.map((line) => runLine(line, world, windows, stop)),
      sleep(LEAST_MILLIS, undefined, { signal: stop }),
    ])
  } finally {
    await world.proxy.heal()
  }
}

/** Rejects with the first that does, once all are over. */
async function allOrNone(
  signal: AbortSignal,
  start: (signal: AbortSignal) => readonly Promise<void>[],
): Promise<void> {
  const stop = new AbortController()
  const lines = start(AbortSignal.any([signal, stop.signal]))
  let first: { error: unknown } | undefined
  for (const line of lines)
    line.catch((error) => {
      first ??= { error }
      stop.abort()
    })
  await Promise.allSettled(lines)
  if (first !== undefined) throw first.error
}

/** So long a line waits for a task to come to its end before it strikes again: else there are more faults than work. */
const PROGRESS_MILLIS = 500

async function untilProgress({ subject }: World, signal: AbortSignal): Promise<void> {
  const settled = subject.beat?.settled
  for (const end = now() + PROGRESS_MILLIS; subject.beat?.settled === settled && now() < end; )
    await sleep(10, undefined, { signal })
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
    await untilProgress(world, signal)
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
    ...plan.load,
    faults,
  }
}

/** Where the administrator watches the load. */
export function loadDatabaseOf({ connectionString }: EmbeddedPostgres): string {
  return Object.assign(new URL(connectionString), { pathname: LOAD_ROLE }).href
}

/** So many threads for each connection, and there is always one that waits: then none is handed over. */
const CROWD = 4

/** The leases went the way that they were to go. */
function pathComplaints(
  { name, isHandedOver }: Path,
  { load, settings }: RoundPlan,
  { leases, handedOver }: RoundReport,
): string[] {
  if (load.threads > CROWD * settings.max!) return []
  if (isHandedOver ? handedOver > 0 : handedOver === 0) return []
  return [`On the path ${name} ${handedOver} of ${leases} leases were handed over`]
}
