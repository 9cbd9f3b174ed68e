import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
}

/** A PgBouncer on the loopback, before a server. To be stopped. */
export class PgBouncer {
  readonly connectionString: string
  readonly #child: ChildProcess
  readonly #directory: string

  /** @throws Error with its log when it does not come up. */
  static async start(url: string, { mode, poolSize }: Options): Promise<PgBouncer> {
    const { hostname, port, username, password, pathname } = new URL(url)
    const directory = mkdtempSync(join(tmpdir(), 'pglease-bouncer-'))
    const config = join(directory, 'pgbouncer.ini')
    const ownPort = await freePort()
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
`,
    )
    const user = unprivileged()
    if (user) for (const path of [directory, config]) chownSync(path, user.uid, user.gid)
    const child = spawn(PROGRAM, ['-q', config], { stdio: 'ignore', cwd: directory, ...user })
    const connectionString = `postgres://${username}:${password}@127.0.0.1:${ownPort}${pathname}`
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
