import { EventEmitter } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { LeaseReleasedError } from '@pglease/client'
import { queryMessage } from '@pglease/client/internal'
import { describe, expect, test } from 'vitest'
import { BROKER_TRANSITIONS } from '../../src/broker.js'
import { StateMachine } from '../../src/common/state-machine.js'
import type { DatabaseOptions } from '../../src/connection/database-options.js'
import { readDatabase } from '../../src/connection/read-database.js'
import { TaskAnswer } from '../../src/executor/piscina-thread.js'
import { TaskJob } from '../../src/executor/task-job.js'
import { TASK_TRANSITIONS, TaskRun } from '../../src/executor/task-run.js'
import { ThreadLine } from '../../src/executor/thread-line.js'
import { DatabaseLeases } from '../../src/lease/database-leases.js'
import type { LeasePeer } from '../../src/lease/lease-peer.js'
import { LEASE_TRANSITIONS } from '../../src/lease/lease-state.js'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)

describe.each([
  ['broker', BROKER_TRANSITIONS, 'open -> closing, closing -> closed'],
  [
    'lease',
    LEASE_TRANSITIONS,
    'waiting -> preparing, waiting -> active, waiting -> over, ' +
      'preparing -> waiting, preparing -> active, preparing -> over, ' +
      'active -> waiting, active -> cancelling, active -> handed-over, active -> over, ' +
      'cancelling -> active, cancelling -> over, ' +
      'handed-over -> waiting, handed-over -> recalled, handed-over -> over, recalled -> over',
  ],
  [
    'task',
    TASK_TRANSITIONS,
    'queued -> running, queued -> settled, running -> aborting, running -> settled, aborting -> settled',
  ],
])('a %s', (name, table, legal) => {
  const transitions = table as Record<string, readonly string[]>
  const states = Object.keys(transitions)

  test('has these transitions and no others', () => {
    const pairs = states.flatMap((from) => states.map((to) => [from, to] as const))
    const allowed = pairs.filter(([from, to]) => {
      const machine = new StateMachine(name, from, transitions)
      try {
        machine.to(to)
      } catch (error) {
        expect((error as Error).message).toBe(`A ${name} cannot go from ${from} to ${to}`)
        expect(machine.state).toBe(from)
        return false
      }
      expect(machine.state).toBe(to)
      return true
    })
    expect(allowed.map(([from, to]) => `${from} -> ${to}`).join(', ')).toBe(legal)
  })
})

/** Notes what a lease tells its worker. */
class Peer implements LeasePeer {
  readonly thread = 'thread 0'
  readonly threadId = 0
  readonly cell = undefined
  readonly speaksTls = false
  readonly isMainThread = true
  readonly isTaskAborted = false
  readonly log: string[] = []
  error: Error | undefined
  received = 0

  granted() {
    this.log.push('granted')
  }
  bytes(chunk: Buffer) {
    this.received += chunk.byteLength
  }
  acknowledge() {}
  handedOver() {
    this.log.push('handed over')
  }
  cancelled() {}
  taken() {}
  revoked(error: Error) {
    this.log.push('revoked')
    this.error = error
  }
}

/** A database's leases without threads or ports, so that each state can be seen. */
function start(options: DatabaseOptions = {}) {
  const { connectionString } = database
  const leases = new DatabaseLeases(
    readDatabase('default', { connectionString, max: 1, ...options }),
    () => {},
  )
  lending.closeAfterTest(async () => {
    leases.beginClose()
    leases.revokeHeld(() => new LeaseReleasedError('The test is over'))
    await leases.drained()
  })
  const open = (request = {}) => {
    const peer = new Peer()
    return { peer, lease: leases.open(peer, { database: 'default', ...request }, new Uint8Array(0)) }
  }
  const isIdle = () => until(() => leases.statistics().idle === 1, 'for the connection to come back')
  return { leases, open, isIdle }
}

describe('a lease', () => {
  test('waits, is active once granted, and is over after its release', async () => {
    const { leases, open, isIdle } = start()
    const { lease, peer } = open()
    expect(lease.state).toBe('waiting')
    await until(() => lease.state !== 'waiting', 'for the grant')
    expect([lease.state, ...peer.log]).toEqual(['active', 'granted'])
    lease.release('release')
    expect(lease.state).toBe('over')
    await isIdle()
    const again = open()
    expect([again.lease.state, ...again.peer.log]).toEqual(['active', 'granted'])
    again.lease.release('release')
    expect(leases.statistics()).toMatchObject({ opened: 1, leases: 2 })
    expect(peer.log).toEqual(['granted'])
  })

  test.each([
    ['at once after a short one', 0, 'active'],
    ['once its session is reset after a long one', 300, 'waiting'],
  ])('is granted the connection of another %s', async (_when, heldMillis, state) => {
    const { leases, open } = start()
    const holder = open()
    await until(() => holder.lease.state === 'active', 'for a connection')
    const { heldSince } = holder.lease
    await until(() => performance.now() - heldSince >= heldMillis, 'for the lease to be as long')
    const { lease } = open()
    expect(lease.state).toBe('waiting')
    holder.lease.release('release')
    expect(lease.state).toBe(state)
    await until(() => lease.state === 'active', 'for the grant')
    expect(leases.statistics()).toMatchObject({ opened: 1, leases: 2, resets: 1 })
  })

  test('may be given up while it waits', async () => {
    const { leases, open } = start()
    const holder = open()
    const { lease, peer } = open()
    lease.release('release')
    expect([lease.state, ...peer.log]).toEqual(['over'])
    await until(() => holder.lease.state === 'active', 'for the other')
    expect(leases.statistics()).toMatchObject({ withdrawn: 1, waiting: 0, leases: 1 })
  })

  test('is over when it is refused, and says so', async () => {
    const { open } = start({ maxWaiting: 0 })
    open()
    const { lease, peer } = open()
    expect([lease.state, ...peer.log]).toEqual(['over', 'revoked'])
    expect(peer.error).toMatchObject({ code: 'PGLEASE_QUEUE_FULL' })
  })

  test('is preparing while its options are applied, and keeps what is written', async () => {
    const { open, isIdle } = start()
    open().lease.release('release')
    const warm = open()
    await until(() => warm.lease.state === 'active', 'for a connection')
    warm.lease.release('release')
    await isIdle()
    const { lease, peer } = open({ isolationLevel: 'serializable' })
    expect([lease.state, ...peer.log]).toEqual(['preparing'])
    lease.write(queryMessage('SHOW transaction_isolation'))
    await until(() => peer.received > 0, 'for the answer')
    expect([lease.state, ...peer.log]).toEqual(['active', 'granted'])
  })

  test('may be given up while it is prepared, and its connection comes back whole', async () => {
    const { leases, open, isIdle } = start()
    const warm = open()
    await until(() => warm.lease.state === 'active', 'for a connection')
    warm.lease.release('release')
    await isIdle()
    const { lease, peer } = open({ isolationLevel: 'serializable' })
    expect(lease.state).toBe('preparing')
    lease.release('release')
    expect(lease.state).toBe('over')
    await isIdle()
    expect(leases.statistics()).toMatchObject({ opened: 1, leases: 2, closed: { unclean: 0 } })
    expect(peer.log).toEqual([])
  })

  test('is cancelling until the cancel is over, and keeps what is written meanwhile', async () => {
    const doorman = await lending.doorman()
    const { open } = start({ connectionString: doorman.connectionString })
    const { lease, peer } = open()
    lease.write(queryMessage('SELECT pg_sleep(3600)'))
    await until(() => lease.state === 'active', 'for the grant')
    doorman.holdNewcomers()
    lease.cancel()
    expect(lease.state).toBe('cancelling')
    lease.cancel()
    lease.write(queryMessage('SELECT 1'))
    await until(() => doorman.waiting === 1, 'for the cancel')
    expect([lease.state, peer.received]).toEqual(['cancelling', 0])
    doorman.letIn()
    await until(() => lease.state === 'active', 'for the cancel to be over')
    await until(() => peer.received > 0, 'for the answers')
  })

  test('has nothing to cancel while no query is under way', async () => {
    const { leases, open } = start()
    const { lease } = open()
    lease.cancel()
    expect(lease.state).toBe('waiting')
    await until(() => lease.state === 'active', 'for the grant')
    lease.cancel()
    expect(lease.state).toBe('active')
    lease.release('release')
    lease.cancel()
    expect(lease.state).toBe('over')
    expect(leases.statistics().cancels).toBe(0)
  })

  test.each(['waiting', 'preparing', 'active', 'cancelling'])(
    'may be revoked while it is %s',
    async (state) => {
      const { leases, open, isIdle } = start()
      const first = open()
      if (state !== 'waiting') {
        await until(() => first.lease.state === 'active', 'for a connection')
        first.lease.release('release')
        await isIdle()
      }
      const { lease, peer } = open(state === 'preparing' ? { readOnly: true } : {})
      if (state === 'cancelling') {
        lease.write(queryMessage('SELECT pg_sleep(3600)'))
        lease.cancel()
      }
      expect(lease.state).toBe(state)
      const error = new LeaseReleasedError('revoked')
      lease.revoke(error)
      expect([lease.state, peer.error]).toEqual(['over', error])
      lease.revoke(new LeaseReleasedError('again'))
      lease.release('release')
      lease.write(queryMessage('SELECT 1'))
      expect(peer.log.filter((each) => each === 'revoked')).toEqual(['revoked'])
      expect(leases.statistics()).toMatchObject(state === 'waiting' ? { withdrawn: 1 } : { revoked: 1 })
    },
  )
})

describe('a task', () => {
  const create = (signal?: AbortSignal) =>
    new TaskRun(
      { filename: 'file:///nowhere.js', name: 'task', input: 1 },
      {
        signal,
        timeoutMillis: undefined,
        onProgress: undefined,
        transferList: [],
        abortGraceMillis: 60_000,
        onUntold() {},
      },
    )

  test('settles once, whatever comes later', async () => {
    const run = create()
    expect(run.state).toBe('queued')
    run.started()
    expect(run.state).toBe('running')
    run.answered(new TaskAnswer('returned', 3))
    run.answered(new TaskAnswer('returned', 4))
    run.failed(new Error('late'))
    run.abort(new Error('late'))
    expect(run.state).toBe('settled')
    expect(await run.promise).toBe(3)
  })

  test('starts once, from however many sides that is known', async () => {
    const run = create()
    const left: string[] = []
    run.queue = { left: ({ state }) => void left.push(state) }
    run.started()
    run.started()
    expect([run.state, left]).toEqual(['running', ['running']])
    run.answered(new TaskAnswer('returned', undefined))
    run.started()
    expect([run.state, left]).toEqual(['settled', ['running']])
    await run.promise
  })

  test('settles at once when it is aborted while queued', async () => {
    const stop = new AbortController()
    const run = create(stop.signal)
    stop.abort('no more')
    expect(run.state).toBe('settled')
    await expect(run.promise).rejects.toBe('no more')
  })

  test('is aborting until it answers, and then rejects with the reason', async () => {
    const stop = new AbortController()
    const run = create(stop.signal)
    const thread = Object.assign(new EventEmitter(), { threadId: 1 }) as Worker
    const events = { ready() {}, attach() {}, message() {}, garbage() {} }
    new TaskJob(run, new ThreadLine(thread, events), 'begun')
    run.started()
    stop.abort('no more')
    expect(run.state).toBe('aborting')
    run.abort('again')
    run.answered(new TaskAnswer('returned', 'too late'))
    expect(run.state).toBe('settled')
    await expect(run.promise).rejects.toBe('no more')
  })
})
