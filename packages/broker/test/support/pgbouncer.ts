import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@pglease/postgres'
import { until } from './until.js'

/** Debian's and Ubuntu's. */
const PROGRAM = '/usr/sbin/pgbouncer'

export const isInstalled = existsSync(PROGRAM)

/** For the name of a test that is skipped. */
export const whereInstalled = isInstalled ? '' : ' (skipped: PgBouncer is not installed)'

export const MODES = ['session', 'transaction', 'statement'] as const

interface Options {
  readonly mode: (typeof MODES)[number]
  readonly poolSize: number
  /** Of the server, and the pooler's own: with TLS on both sides, which it asks for. */
  readonly certificate?: { readonly cert: string; readonly key: string }
}

/** A PgBouncer on the loopback, before a server. To be stopped. */
export class PgBouncer {
  readonly connectionString: string
  readonly #child: ChildProcess
  readonly #directory: string

  /** @throws Error with its log when it does not come up. */
  static async start(url: string, { mode, poolSize, certificate }: Options): Promise<PgBouncer> {
    const { hostname, port, username, password, pathname } = new URL(url)
    const directory = mkdtempSync(join(tmpdir(), 'pglease-bouncer-'))
    const config = join(directory, 'pgbouncer.ini')
    const ownPort = await freePort()
    const tls = certificate === undefined ? '' : tlsSettings(directory, certificate)
    writeFileSync(
      config,
      `[databases]
${pathname.slice(1)} = host=${hostname} port=${port} user=${username} password=${password}
[pgbouncer]
pool_mode = ${mode}
default_pool_size = ${poolSize}
listen_addr = 127.0.0.1
listen_port = ${ownPort}
unix_socket_dir =
logfile = ${join(directory, 'log')}
auth_type = any
${tls}`,
    )
    const user = unprivileged()
    const files = readdirSync(directory).map((name) => join(directory, name))
    if (user) for (const path of [directory, ...files]) chownSync(path, user.uid, user.gid)
    const child = spawn(PROGRAM, ['-q', config], { stdio: 'ignore', cwd: directory, ...user })
    const parameters = tls && `?sslmode=verify-full&sslrootcert=${join(directory, 'server.crt')}`
    const connectionString = `postgres://${username}:${password}@127.0.0.1:${ownPort}${pathname}${parameters}`
    const bouncer = new PgBouncer(connectionString, child, directory)
    await until(
      () => bouncer.#log().includes('process up'),
      () => `for PgBouncer: ${bouncer.#log()}`,
    )
    return bouncer
  }

  private constructor(connectionString: string, child: ChildProcess, directory: string) {
    this.connectionString = connectionString
    this.#child = child
    this.#directory = directory
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit')
    if (this.#child.kill('SIGKILL')) await ended
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #log(): string {
    const log = join(this.#directory, 'log')
    return existsSync(log) ? readFileSync(log, 'utf8') : ''
  }
}

function tlsSettings(directory: string, { cert, key }: { cert: string; key: string }): string {
  const [certFile, keyFile] = ['server.crt', 'server.key'].map((name) => join(directory, name))
  writeFileSync(certFile!, cert)
  writeFileSync(keyFile!, key)
  return `ignore_startup_parameters = extra_float_digits
server_tls_sslmode = verify-ca
server_tls_ca_file = ${certFile}
client_tls_sslmode = require
client_tls_cert_file = ${certFile}
client_tls_key_file = ${keyFile}
`
}

/** It refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.geteuid?.() !== 0) return undefined
  const id = (what: string) => Number(execFileSync('id', [what, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
