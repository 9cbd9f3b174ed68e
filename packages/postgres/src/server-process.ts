import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ShutDownMode } from './messages.js'
import { describeEnd, failure, type RunOptions, startAs } from './run-as.js'

const START_TIMEOUT_MS = 60_000
const POLL_MS = 10

/** https://www.postgresql.org/docs/18/server-shutdown.html */
const SIGNALS: Readonly<Record<ShutDownMode, NodeJS.Signals>> = { fast: 'SIGINT', immediate: 'SIGQUIT' }

/** The server's main process. It is our child, not a daemon: so none of it is left where nobody adopts orphans. */
export class ServerProcess {
  readonly #child: ChildProcess
  /** Also when it could not be started at all. */
  readonly #ended: Promise<unknown>
  #spawnError: Error | undefined

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#ended = once(child, 'exit').catch((error: Error) => {
      this.#spawnError = error
    })
  }

  /**
   * Resolves when the server lets clients in.
   * @throws {Error} with the last lines of its log when it does not come up.
   */
  static async start(program: string, data: string, options: RunOptions): Promise<ServerProcess> {
    const server = new ServerProcess(startAs(program, ['-D', data], options))
    const timeout = AbortSignal.timeout(START_TIMEOUT_MS)
    while (!isReady(data, server.id)) {
      const end = server.#end ?? (timeout.aborted ? 'it took too long' : undefined)
      if (end !== undefined) {
        await server.stop('immediate')
        throw failure(program, end, options)
      }
      await sleep(POLL_MS)
    }
    return server
  }

  get id(): number {
    return this.#child.pid!
  }

  /** Resolves when the process has ended, with all the processes it started. */
  async stop(mode: ShutDownMode): Promise<void> {
    this.#child.kill(SIGNALS[mode])
    await this.#ended
  }

  /** How it ended, if it did. */
  get #end(): string | undefined {
    const { exitCode, signalCode } = this.#child
    if (this.#spawnError) return this.#spawnError.message
    return exitCode === null && signalCode === null ? undefined : describeEnd(exitCode, signalCode)
  }
}

/** What `pg_ctl` looks at: the server writes its id and its state to this file (src/include/utils/pidfile.h). */
function isReady(data: string, id: number): boolean {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
    return Number(lines[0]) === id && lines[7]?.trim() === 'ready'
  } catch {
    return false
  }
}
