import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, inject, test } from 'vitest'
import { createTestDatabase } from '../../support/database.js'

const { connectionString } = await createTestDatabase()

const fixture = fileURLToPath(new URL('fixture', import.meta.url))
/** By its place in its package. */
const program = (name: string, place: string) =>
  fileURLToPath(new URL(place, import.meta.resolve(`${name}/package.json`)))

const VITEST = [
  program('vitest', 'vitest.mjs'),
  'run',
  '--root',
  fixture,
  '--config',
  'vitest.config.mjs',
  '--pool',
]

/** Jest and the pools that begin with `vm` run tests in a `node:vm` context, whose classes are not those of Node. */
test.each<[string, string[]]>([
  [
    'jest',
    [
      '--experimental-vm-modules',
      program('jest', 'bin/jest.js'),
      '--rootDir',
      fixture,
      '--config',
      'jest.config.json',
    ],
  ],
  ['vitest --pool vmThreads', [...VITEST, 'vmThreads']],
  ['vitest --pool vmForks', [...VITEST, 'vmForks']],
  ['vitest --pool threads', [...VITEST, 'threads']],
  ['vitest --pool forks', [...VITEST, 'forks']],
])('tests that lend connections run in %s', { timeout: 300_000 }, async (_name, command) => {
  const own = Object.entries(process.env).filter(([name]) => !/^(VITEST|JEST|NODE_OPTIONS|TEST)/.test(name))
  const env = { ...Object.fromEntries(own), TEST_URL: connectionString, TEST_CA: inject('certificate').cert }
  const child = spawn(process.execPath, command, { cwd: fixture, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((resolve) => child.on('close', resolve))
  const [told, complaints, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  expect(code, `${told}\n${complaints}`).toBe(0)
  // Jest tells of its tests on the other one.
  expect(`${told}${complaints}`).toMatch(/Tests.*1[012] passed/)
})
