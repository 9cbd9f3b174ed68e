import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { freePort } from '@pglease/postgres'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { runDemo } from './support/demo-process.js'

/** Long, for a machine that is busy with other test files. */
vi.setConfig({ testTimeout: 120_000 })

/** Accepts connections and never answers. */
async function silentPort(): Promise<number> {
  const server = createServer((socket) => {
    onTestFinished(() => {
      socket.destroy()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function expectRefusal(
  args: readonly string[],
  code: 1 | 2,
  line: RegExp,
  env?: NodeJS.ProcessEnv,
): Promise<void> {
  const ended = await runDemo([...args, '--moves', '1'], env)
  expect(ended).toEqual({ code, stdout: '', stderr: expect.stringMatching(line) })
  expect(ended.stderr.trimEnd()).not.toContain('\n')
}

test.each<[string, string[], 1 | 2, RegExp]>([
  ['an unknown flag', ['--nope'], 2, /^Unknown option '--nope'\. See --help\.$/m],
  ['no threads', ['--threads', '0'], 2, /^--threads takes a whole number from 1 to 256, not "0"\.$/m],
  [
    'a report in a folder that does not exist',
    ['--report', 'no/x.html'],
    1,
    /^There is no folder .*no: make it, or name another file with --report/,
  ],
  ['a report without a name', ['--report', ''], 2, /^--report takes the name of a file\.$/m],
  ['a report that is a folder', ['--report', '/'], 1, /^\/ is a folder: name a file with --report\.$/m],
  [
    'an address that is none',
    ['--database-url', 'postgres://u:p@h:port/d'],
    2,
    /^The database URL cannot be read/,
  ],
  [
    'a host that does not exist',
    ['--database-url', 'postgres://u:p@nowhere.invalid/d'],
    1,
    /^There is no host "nowhere\.invalid"\. Check/,
  ],
])('%s is refused in one line', (_, args, code, line) => expectRefusal(args, code, line))

test('an unknown country is refused in one line', async () => {
  const { code, stderr } = await runDemo(['--countries', 'LI,UK'])
  expect(stderr).toBe(
    'There is no country "UK" in the data. Did you mean GB (United Kingdom)? Give ISO 3166 codes of two letters.\n',
  )
  expect(code).toBe(2)
})

test('a port that is taken is refused in one line', async () => {
  const port = await silentPort()
  await expectRefusal(
    ['--port', String(port)],
    1,
    new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is taken: choose another`),
  )
})

test('a server that refuses connections is told of in one line', async () => {
  const url = `postgres://u:p@localhost:${await freePort()}/d`
  await expectRefusal([], 1, /^No Postgres listens at localhost:\d+\. Start it/, { DATABASE_URL: url })
})

test('a server that does not answer is given up on after the connection timeout', async () => {
  const url = `postgres://u:p@127.0.0.1:${await silentPort()}/d`
  await expectRefusal(['--database-url', url], 1, /^Postgres at .* did not answer within 5 seconds\. Check/)
})

test.each([
  [
    'a wrong password',
    { password: 'wrong' },
    /refuses the user "postgres": .*Correct the user or the password\. Check/,
  ],
  ['no password', { password: '' }, /wants a password for "postgres"|refuses the user/],
  [
    'a database that does not exist',
    { pathname: 'nowhere' },
    /has no database "nowhere"\. Create it or name another\. Check/,
  ],
])('%s is told of in one line, without the password', async (_, change, line) => {
  const url = Object.assign(new URL(inject('serverConnectionString')), change).href
  await expectRefusal(['--database-url', url], 1, line)
})
