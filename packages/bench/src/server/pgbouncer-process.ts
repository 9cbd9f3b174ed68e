import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Address } from './address.js'

/** Only names the socket's file, in a folder of its own: no TCP port is taken. */
const PORT = 6432
const START_MILLIS = 5000
const POLL_MILLIS = 5

/** A PgBouncer in transaction mode on a Unix socket, before a server. It ends with this process. */
export class PgBouncerProcess {
  /** Where it listens. */
  readonly address: Address
  readonly #child: ChildProcess
  readonly #directory: string
  readonly #killOnExit = () => this.#removeAll()

  /** @throws Error with its log when it does not come up. */
  static async start(program: string, server: Address, connections: number): Promise<PgBouncerProcess> {
    const directory = mkdtempSync(join(tmpdir(), 'pglease-bouncer-'))
    const user = unprivilegedUser()
    const config = join(directory, 'pgbouncer.ini')
    writeFileSync(config, configuration(directory, server, connections), { mode: 0o600 })
    if (server.ssl) writeFileSync(join(directory, 'server.crt'), server.ssl.ca, { mode: 0o644 })
    if (user) for (const path of [directory, config]) chownSync(path, user.uid, user.gid)
    chmodSync(directory, 0o755)
    const child = spawn(program, ['-q', config], { stdio: 'ignore', cwd: directory, ...user })
    const bouncer = new PgBouncerProcess(child, directory, server)
    await bouncer.#ready()
    return bouncer
  }

  private constructor(child: ChildProcess, directory: string, { user, password, database }: Address) {
    this.#child = child
    this.#directory = directory
    this.address = { host: directory, port: PORT, user, password, database }
    process.once('exit', this.#killOnExit)
  }

  async stop(): Promise<void> {
    process.off('exit', this.#killOnExit)
    const ended = once(this.#child, 'exit')
    if (this.#isRunning) this.#child.kill('SIGTERM')
    if (this.#isRunning) await ended
    rmSync(this.#directory, { recursive: true, force: true })
  }

  get #isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  async #ready(): Promise<void> {
    const deadline = performance.now() + START_MILLIS
    while (!existsSync(join(this.#directory, `.s.PGSQL.${PORT}`))) {
      if (!this.#isRunning || performance.now() > deadline) {
        const log = join(this.#directory, 'log')
        const lines = existsSync(log) ? readFileSync(log, 'utf8').trim() : 'it wrote no log'
        this.#removeAll()
        throw new Error(`PgBouncer did not start: ${lines}`)
      }
      await sleep(POLL_MILLIS)
    }
  }

  #removeAll(): void {
    process.off('exit', this.#killOnExit)
    this.#child.kill('SIGKILL')
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** PgBouncer refuses to run as root. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.geteuid?.() !== 0) return undefined
  const id = (what: string) => Number(execFileSync('id', [what, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** https://www.pgbouncer.org/config.html */
function configuration(directory: string, server: Address, connections: number): string {
  const { host, port, user, password, database, ssl } = server
  const tls = ssl
    ? `server_tls_sslmode = verify-ca\nserver_tls_ca_file = ${join(directory, 'server.crt')}`
    : 'server_tls_sslmode = disable'
  return `[databases]
${database} = host=${host} port=${port} user=${user} password=${password} dbname=${database}

[pgbouncer]
pool_mode = transaction
default_pool_size = ${connections}
max_client_conn = 1000
listen_addr =
listen_port = ${PORT}
unix_socket_dir = ${directory}
logfile = ${join(directory, 'log')}
auth_type = any
ignore_startup_parameters = extra_float_digits
server_idle_timeout = 0
${tls}
`
}
