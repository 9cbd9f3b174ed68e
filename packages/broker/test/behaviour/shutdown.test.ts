import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { installShutdown } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'
import { lock } from '../support/lock.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)
const program = fileURLToPath(new URL('../programs/stops.js', import.meta.url))
const KEY = 17

interface Told {
  step: string
  [name: string]: unknown
}

/** A process that runs a task, and what it has told. */
class Program {
  readonly told: Told[] = []
  stderr = ''
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown[]>

  constructor(settings: object = {}) {
    const { connectionString } = database
    const config = JSON.stringify({ database: { connectionString }, ...settings })
    this.#child = fork(program, [config], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#child.stderr!.on('data', (chunk) => {
      this.stderr += chunk
    })
    this.#child.on('message', (message: Told) => this.told.push(message))
    this.#ended = once(this.#child, 'exit')
    lending.closeAfterTest(async () => {
      this.#child.kill('SIGKILL')
      await this.#ended
    })
  }

  get steps(): string[] {
    return this.told.map(({ step }) => step)
  }

  async until(step: string): Promise<Told> {
    const found = () => this.told.find((each) => each.step === step)
    return (await until(found, () => `for "${step}": ${JSON.stringify(this.told)} ${this.stderr}`))!
  }

  ask(question: 'health'): Promise<Told> {
    this.told.splice(0, this.told.length, ...this.told.filter(({ step }) => step !== question))
    this.#child.send(question)
    return this.until(question)
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  get isOver(): boolean {
    return this.#child.exitCode !== null
  }

  /** Its exit code, or the signal; and nothing of it is left at the server. */
  async ended(): Promise<unknown> {
    const [code, signal] = await this.#ended
    await until(async () => (await database.serverConnections()) === 0, 'for its connections to be closed')
    return code ?? signal
  }
}

describe('a signal', () => {
  test('lets the running task finish, then closes the connections and exits with 0', async () => {
    const held = await lock(database, KEY)
    const stopping = new Program({ task: 'waits', input: KEY })
    await stopping.until('running')
    stopping.signal('SIGTERM')
    expect(await stopping.ask('health')).toMatchObject({ ok: false, reason: 'closing' })
    expect(await stopping.until('no new work')).toBeDefined()
    await held.release()
    expect(await stopping.ended()).toBe(0)
    expect(stopping.told).toContainEqual({ step: 'task', result: 'done' })
    // Work was taken until what brings it in was stopped.
    expect(stopping.told).toContainEqual({ step: 'before close', taken: true })
    expect(stopping.stderr).toBe('')
  })

  test('ends a program that runs nothing', async () => {
    const stopping = new Program()
    await stopping.until('running')
    expect(await stopping.ask('health')).toMatchObject({ ok: true })
    stopping.signal('SIGINT')
    expect(await stopping.ended()).toBe(0)
  })

  test.each(['waits', 'computes'])(
    'aborts a task that %s for longer than the time limit, and exits with 1',
    async (task) => {
      const held = await lock(database, KEY)
      // The first task keeps the only thread, so `beforeClose` takes all of the time.
      const stopping = new Program({ task, input: KEY, options: { timeoutMillis: 200 } })
      await stopping.until('running')
      stopping.signal('SIGTERM')
      await stopping.until('task')
      await held.release()
      expect(await stopping.ended()).toBe(1)
      expect(stopping.told).toContainEqual({ step: 'task', error: 'PGLEASE_EXECUTOR_CLOSED' })
      expect(stopping.stderr).toMatch(
        /PGLEASE_SHUTDOWN.*Stopped by SIGTERM, after 200 ms: `beforeClose` has not ended\. Tasks were aborted: 2/,
      )
    },
  )

  test('asks the tasks that are left at the time limit to end, which one that listens does by itself', async () => {
    const stopping = new Program({ task: 'obeys', options: { timeoutMillis: 200 } })
    await stopping.until('running')
    stopping.signal('SIGTERM')
    expect(await stopping.ended()).toBe(1)
    expect(stopping.told).toContainEqual({ step: 'cleans up: PGLEASE_EXECUTOR_CLOSED' })
    expect(stopping.told).toContainEqual({ step: 'task', error: 'PGLEASE_EXECUTOR_CLOSED' })
  })

  test('changes nothing but the health for as long as delayMillis says', async () => {
    const stopping = new Program({ options: { delayMillis: 19_000 } })
    await stopping.until('running')
    stopping.signal('SIGTERM')
    const isClosing = async () => (await stopping.ask('health')).reason === 'closing'
    await until(isClosing, 'for the signal')
    expect(stopping.steps).not.toContain('no new work')
    expect(await database.serverConnections()).toBe(1)
  })

  test('that comes again ends the process at once, with the code that a shell gives', async () => {
    const held = await lock(database, KEY)
    const stopping = new Program({ task: 'waits', input: KEY })
    await stopping.until('running')
    stopping.signal('SIGTERM')
    await stopping.until('no new work')
    // One that comes right with the first is that one.
    const isOver = () => {
      stopping.signal('SIGINT')
      return stopping.isOver
    }
    await until(isOver, 'for the process to end')
    await held.release()
    expect(await stopping.ended()).toBe(130)
  })

  test('ends the process, with 1, where a server that is silent would hold it up for longer', async () => {
    const proxy = await lending.proxy()
    const held = await lock(database, KEY)
    const options = { connectionString: proxy.connectionString, cancelTimeoutMillis: 600_000 }
    const stopping = new Program({
      database: options,
      task: 'waits',
      input: KEY,
      options: { timeoutMillis: 50 },
    })
    await stopping.until('running')
    proxy.swallow()
    stopping.signal('SIGTERM')
    await until(() => stopping.isOver, 'for its end', 20_000)
    proxy.cut()
    await held.release()
    expect(await stopping.ended()).toBe(1)
    expect(stopping.stderr).toContain('did not come to its end within 5000 ms more')
  })

  test('exits with 1 where `beforeClose` fails, and says so, after the connections are closed', async () => {
    const stopping = new Program({ fails: true })
    await stopping.until('running')
    stopping.signal('SIGTERM')
    expect(await stopping.ended()).toBe(1)
    expect(stopping.stderr).toMatch(/PGLEASE_SHUTDOWN.*`beforeClose` failed: .*no server/)
  })
})

test('what cannot be installed is told of, and what is installed can be taken back', () => {
  const broker = lending.broker()
  const listeners = () => process.listenerCount('SIGTERM') + process.listenerCount('SIGINT')
  const before = listeners()
  for (const wrong of [
    {},
    { broker: 5 },
    { broker, executor: [{}] },
    { broker, signals: ['SIGNOTHING'] },
    { broker, signals: 'SIGTERM' },
    { broker, timeoutMillis: -1 },
    { broker, timeout: 1 },
  ])
    expect(() => installShutdown(wrong as never)).toThrow(
      expect.objectContaining({ code: 'PGLEASE_CONFIGURATION' }),
    )
  expect(listeners()).toBe(before)
  const { uninstall, signal } = installShutdown({ broker })
  expect(listeners()).toBe(before + 2)
  uninstall()
  expect(listeners()).toBe(before)
  expect(signal.aborted).toBe(false)
})
