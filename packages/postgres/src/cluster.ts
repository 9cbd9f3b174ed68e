import { appendFileSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyBinaries } from './copy-binaries.js'
import { copyFolder } from './copy-folder.js'
import type { Certificate, ClusterOptions, Settings, ShutDownMode } from './messages.js'
import { runAs } from './run-as.js'
import { ServerProcess } from './server-process.js'
import { serverUser } from './user.js'

/** Nobody needs the data after a crash. */
const THROW_AWAY: Settings = { fsync: false, synchronous_commit: false, full_page_writes: false }

/** A throw-away server and the temporary folder that holds all of it. One call at a time. */
export class Cluster {
  readonly #user = serverUser()
  /** Belongs to the server's user and is closed to all others but root. */
  readonly #directory = mkdtempSync(join(tmpdir(), 'pglease-'))
  readonly dataDirectory = join(this.#directory, 'data')
  readonly #run = { user: this.#user, directory: this.#directory, log: join(this.#directory, 'server.log') }
  /** Where the server's Unix socket is. Node has none on Windows. */
  readonly socketDirectory = process.platform === 'win32' ? undefined : this.#directory
  /** The package's own folder, or a copy of it. */
  #binaries = ''
  #server: ServerProcess | undefined

  async start(options: ClusterOptions): Promise<void> {
    this.#giveAway(this.#directory)
    this.#write('server.log', '')
    try {
      this.#binaries = this.#runnable(options.binaries)
      if (options.data === undefined) this.#initialise(options.password)
      else copyFolder(options.data, this.dataDirectory, this.#user)
    } catch (cause) {
      throw new Error(`${(cause as Error).message}\n${this.#demands()}`, { cause })
    }
    this.#configure(options)
    await this.launch()
  }

  #demands(): string {
    const who = this.#user ? `User ${this.#user.name}` : 'You'
    return `${who} must be able to enter ${tmpdir()} and to run programs there. TMPDIR chooses another folder.`
  }

  /** Ends the server, and keeps its files. */
  async shutDown(mode: ShutDownMode): Promise<void> {
    await this.#server?.stop(mode)
    this.#server = undefined
  }

  /** Starts the server on the files that are there. */
  async launch(): Promise<void> {
    if (this.#server !== undefined) throw new Error('The server runs already.')
    this.#server = await ServerProcess.start(
      program(this.#binaries, 'postgres'),
      this.dataDirectory,
      this.#run,
    )
  }

  async remove(): Promise<void> {
    await this.#server?.stop('immediate')
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 10 })
  }

  get processId(): number {
    if (this.#server === undefined) throw new Error('The server was not started.')
    return this.#server.id
  }

  /** Copies the binaries when the server's user cannot reach them, or when the links between them are missing. */
  #runnable(binaries: string): string {
    try {
      runAs(program(binaries, 'postgres'), ['--version'], this.#run)
      return binaries
    } catch {
      const copy = join(this.#directory, 'native')
      copyBinaries(binaries, copy, this.#user)
      return copy
    }
  }

  #initialise(password: string): void {
    const passwordFile = this.#write('password', password)
    const options = [
      `--pgdata=${this.dataDirectory}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      // Many rounds make the guessing of passwords slow: ours cannot be guessed, and every connection would pay for them.
      '--set=scram_iterations=1',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-data-checksums',
      '--no-sync',
      '--no-instructions',
    ]
    runAs(program(this.#binaries, 'initdb'), options, this.#run)
    rmSync(passwordFile)
  }

  #configure({ port, settings, certificate, primary }: ClusterOptions): void {
    // Chapter 26.2.4 of the PostgreSQL documentation, "Setting Up a Standby Server".
    if (primary) this.#write('data/standby.signal', '')
    const all: Settings = {
      ...THROW_AWAY,
      ...(certificate && this.#secure(certificate)),
      ...(primary && { primary_conninfo: primary }),
      ...settings,
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: this.socketDirectory ?? '',
    }
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${quote(value)}\n`)
    appendFileSync(join(this.dataDirectory, 'postgresql.conf'), lines.join(''))
  }

  #secure({ cert, key }: Certificate): Settings {
    return {
      ssl: true,
      ssl_cert_file: this.#write('server.crt', cert),
      ssl_key_file: this.#write('server.key', key),
    }
  }

  /** Writes a file that only the server's user can read. */
  #write(name: string, content: string): string {
    const path = join(this.#directory, name)
    writeFileSync(path, content, { mode: 0o600 })
    this.#giveAway(path)
    return path
  }

  #giveAway(path: string): void {
    if (this.#user) chownSync(path, this.#user.uid, this.#user.gid)
  }
}

function program(binaries: string, name: 'postgres' | 'initdb'): string {
  return join(binaries, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
}

/** A value in postgresql.conf: https://www.postgresql.org/docs/18/config-setting.html */
function quote(value: string | number | boolean): string {
  return `'${String(value).replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}
