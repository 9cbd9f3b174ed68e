import { createHook } from 'node:async_hooks'
import { afterEach, beforeEach } from 'vitest'
import type { TestDatabase } from './database.js'
import { BOUND_MS, until } from './until.js'

/**
 * The message ports and worker threads that this thread has, by their async id, with where they came from.
 * Only async hooks see all of them: `process.getActiveResourcesInfo()` leaves out ports without a listener and
 * whatever was unref'd. A port that was closed or transferred to another thread is destroyed here.
 */
const open = new Map<number, string>()

createHook({
  init(id, type) {
    if (type === 'MESSAGEPORT' || type === 'WORKER') open.set(id, `${type} ${origin()}`)
  },
  destroy(id) {
    open.delete(id)
  },
}).enable()

/** The project's own lines of the stack. */
function origin(): string {
  const lines = new Error().stack?.split('\n').slice(1) ?? []
  return lines.filter((line) => !/node:|node_modules|leaks\.ts/.test(line)).join('\n')
}

/** The ports and threads that are open now. */
export function openHere(): ReadonlySet<number> {
  return new Set(open.keys())
}

/** @throws {Error} that names what is open and was not before, when it is still open after the bound. */
export async function expectNothingOpen(
  database: TestDatabase,
  before: ReadonlySet<number>,
  boundMs = BOUND_MS,
): Promise<void> {
  const left = () => [...open].filter(([id]) => !before.has(id)).map(([, what]) => what)
  await until(
    () => left().length === 0,
    () => `for these to be closed:\n${left().join('\n')}`,
    boundMs,
  )
  const isAlone = async () => (await database.serverConnections()) === 0
  await until(isAlone, 'for all connections to the database to be closed', boundMs)
}

/**
 * Fails each test of the file after which the server still has a connection to the database, or this thread a message
 * port or a worker thread that it did not have before. Call it before the file's own `afterEach`, so that it runs last.
 * It runs before `onTestFinished`.
 * @param isShared whether something is open that outlives the test. Who closes it looks for what is left open.
 */
export function failOnLeaks(database: TestDatabase, isShared = () => false): void {
  let before: ReadonlySet<number>

  beforeEach(() => {
    before = openHere()
  })

  afterEach(async ({ task }) => {
    if (isShared()) return
    try {
      // What a failed test leaves open tells nothing new.
      if (task.result?.state !== 'fail') await expectNothingOpen(database, before)
    } finally {
      await database.terminateConnections()
    }
  })
}
