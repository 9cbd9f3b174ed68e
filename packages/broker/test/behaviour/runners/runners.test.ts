import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { beforeAll, expect, inject, test, vi } from 'vitest'
import { createTestDatabase } from '../../support/database.js'

const { connectionString } = await createTestDatabase()

const fixture = fileURLToPath(new URL('fixture', import.meta.url))
const samples = new URL('../../../../samples/', import.meta.url)
/** The configurations and the test that the documentation shows, and where `tsc -b` has put them. */
const shown = (name: string) => fileURLToPath(new URL(`dist/testing/${name}`, samples))

beforeAll(async () => {
  const client = new pg.Client({ connectionString })
  await client.connect()
  await client.query(readFileSync(new URL('schema.sql', samples), 'utf8'))
  await client.end()
})

/** By its place in its package. */
const program = (name: string, place: string) =>
  fileURLToPath(new URL(place, import.meta.resolve(`${name}/package.json`)))

/** As somebody's own tests run, without what this run has set. */
async function told(command: string[]): Promise<string> {
  const own = Object.entries(process.env).filter(([name]) => !/^(VITEST|JEST|NODE_OPTIONS|TEST)/.test(name))
  const env = { ...Object.fromEntries(own), TEST_URL: connectionString, TEST_CA: inject('certificate').cert }
  const child = spawn(process.execPath, command, { cwd: fixture, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((resolve) => child.on('close', resolve))
  const [output, complaints, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  // Jest tells of its tests on the other one.
  const all = `${output}\n${complaints}`
  expect(code, all).toBe(0)
  return all
}

vi.setConfig({ testTimeout: 300_000 })

/** Jest and the pools that begin with `vm` run tests in a `node:vm` context, whose classes are not those of Node. */
test('tests that lend connections run in Jest', async () => {
  const jest = program('jest', 'bin/jest.js')
  const args = ['--projects', 'jest.config.json', shown('jest.config.mjs')]
  expect(await told(['--experimental-vm-modules', jest, ...args])).toMatch(/Tests.*1[123] passed/)
})

test('tests that lend connections run in each pool of Vitest', async () => {
  const args = ['run', '--root', fixture, '--config', 'vitest.config.mjs', '--reporter', 'json']
  const output = await told([program('vitest', 'vitest.mjs'), ...args])
  const report = JSON.parse(output.slice(output.indexOf('{"numTotal'), output.lastIndexOf('}') + 1))
  const files: { name: string; assertionResults: unknown[] }[] = report.testResults
  const own = files.filter(({ name }) => !name.endsWith('cities.test.mjs'))
  expect(own.length).toBe(4)
  expect(files.length).toBe(4 + 1)
  expect(report).toMatchObject({
    numFailedTests: 0,
    numPassedTests: 4 * own[0]!.assertionResults.length + 1,
  })
})
