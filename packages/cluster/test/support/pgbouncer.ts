import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject, onTestFinished } from 'vitest'
import { until } from '../../../broker/test/support/until.js'

/** Debian's and Ubuntu's. */
const PROGRAM = '/usr/sbin/pgbouncer'

export const isInstalled = existsSync(PROGRAM)

/** For the name of a test that is skipped. */
export const whereInstalled = isInstalled ? '' : ' (skipped: PgBouncer is not installed)'

export interface PgBouncer {
  /** With TLS, which it asks for. */
  readonly connectionString: string
}

interface Options {
  readonly mode: 'session' | 'transaction'
  readonly poolSize: number
}

/** One before the server of the tests, with TLS on both sides, until the test ends. */
export async function startPgBouncer(url: string, { mode, poolSize }: Options): Promise<PgBouncer> {
  const directory = mkdtempSync(join(tmpdir(), 'pglease-bouncer-'))
  const { hostname, port: serverPort, username, password, pathname } = new URL(url)
  const certificate = inject('certificate')
  const file = (name: string, content: string) => {
    const path = join(directory, name)
    writeFileSync(path, content)
    return path
  }
  const port = await freePort()
  const cert = file('server.crt', certificate.cert)
  const config = file(
    'pgbouncer.ini',
    `[databases]
${pathname.slice(1)} = host=${hostname} port=${serverPort} user=${username} password=${password}
[pgbouncer]
pool_mode = ${mode}
default_pool_size = ${poolSize}
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
logfile = ${join(directory, 'log')}
auth_type = any
ignore_startup_parameters = extra_float_digits
server_tls_sslmode = verify-ca
server_tls_ca_file = ${cert}
client_tls_sslmode = require
client_tls_cert_file = ${cert}
client_tls_key_file = ${file('server.key', certificate.key)}
`,
  )
  const user = unprivileged()
  if (user)
    for (const path of [directory, config, cert, join(directory, 'server.key')])
      chownSync(path, user.uid, user.gid)
  const child = spawn(PROGRAM, ['-q', config], { stdio: 'ignore', cwd: directory, ...user })
  onTestFinished(async () => {
    const ended = once(child, 'exit')
    if (child.kill('SIGKILL')) await ended
    rmSync(directory, { recursive: true, force: true })
  })
  const log = () => (existsSync(join(directory, 'log')) ? readFileSync(join(directory, 'log'), 'utf8') : '')
  await until(
    () => log().includes('process up'),
    () => `for PgBouncer: ${log()}`,
  )
  const connectionString = `postgres://${username}:${password}@127.0.0.1:${port}${pathname}?sslmode=verify-full&sslrootcert=${cert}`
  return { connectionString }
}

/** It refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.geteuid?.() !== 0) return undefined
  const id = (what: string) => Number(execFileSync('id', [what, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
