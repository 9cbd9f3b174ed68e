import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { beforeAll, expect, inject, test } from 'vitest'
import { createTestDatabase } from '../../broker/test/support/database.js'

const run = promisify(execFile)
const database = await createTestDatabase()

/** What `tsc -b` has made of the samples. */
const DIST = fileURLToPath(new URL('../dist/', import.meta.url))
const RUN_ALL = fileURLToPath(new URL('programs/run-all.js', import.meta.url))

const files = readdirSync(DIST, { recursive: true }).map(String)
/** `main.ts`, `main-abort.ts`, … */
const programs = files.filter((file) => /(^|\/)main[\w-]*\.m?js$/.test(file)).sort()
/** `process.ts`, …: programs that end their process by themselves. */
const ownProcesses = files.filter((file) => /(^|\/)process[\w-]*\.m?js$/.test(file)).sort()

const env = {
  ...process.env,
  DATABASE_URL: database.connectionString,
  DATABASE_CA: inject('certificate').cert,
  NODE_OPTIONS: '',
}

beforeAll(async () => {
  const client = new pg.Client({ connectionString: database.connectionString })
  await client.connect()
  await client.query(readFileSync(new URL('../schema.sql', import.meta.url), 'utf8'))
  await client.end()
})

/** What a process has printed. It fails with all of that when the process does. */
async function output(file: string, args: string[]): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, [file, ...args], { env, timeout: 150_000 })
  return stdout + stderr
}

test('the samples run, all in one process, which ends by itself', { timeout: 160_000 }, async () => {
  const printed = await output(
    RUN_ALL,
    programs.map((program) => DIST + program),
  )
  const done = [...printed.matchAll(/^done: (.*)$/gm)].map(([, program]) => program!.slice(DIST.length))
  expect(done).toEqual(programs)
})

test.each(ownProcesses)('%s runs in a process of its own', async (program) => {
  await output(DIST + program, [])
})
