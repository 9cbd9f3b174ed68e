import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answer, Request, ShutDownMode } from './messages.js'

export type Running = Extract<Answer, { kind: 'running' }>

interface Asker {
  resolve(answer: Exclude<Answer, { kind: 'failed' }>): void
  reject(error: Error): void
}

/** The process that keeps a server, seen from the process that wants the server. */
export class KeeperProcess {
  readonly #process: ChildProcess
  /** Its exit code and signal. */
  readonly #ended: Promise<unknown[]>
  /** Who waits for an answer, in the order of their requests. */
  readonly #askers: Asker[] = []

  constructor() {
    // Detached: Ctrl-C goes to every process of the terminal's group, but only its owner may stop the server.
    this.#process = fork(fileURLToPath(new URL('./keeper.js', import.meta.url)), {
      detached: true,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#ended = once(this.#process, 'exit')
    this.#ended.then(
      () => this.#failAll(new Error('The process that keeps the Postgres server has ended.')),
      (error: Error) => this.#failAll(error),
    )
    this.#process.on('message', (answer: Answer) => this.#settle(answer))
  }

  /** @throws {Error} when the server does not come up, or the keeper is gone. */
  async run(request: Exclude<Request, { kind: 'shutDown' }>): Promise<Running> {
    const answer = await this.#ask(request)
    if (answer.kind !== 'running') throw new Error('The keeper of the Postgres server did not start it.')
    return answer
  }

  /** @throws {Error} when the keeper is gone. */
  async shutDown(mode: ShutDownMode): Promise<void> {
    await this.#ask({ kind: 'shutDown', mode })
  }

  /** Resolves when the server is gone with all its files. */
  async end(): Promise<void> {
    this.#keepUsAlive(true)
    if (this.#process.connected) this.#process.disconnect()
    const [code, signal] = await this.#ended
    if (code !== 0) throw new Error(`The process that keeps the Postgres server failed: ${signal ?? code}.`)
  }

  async #ask(request: Request): Promise<Exclude<Answer, { kind: 'failed' }>> {
    if (!this.#process.connected) throw new Error('This Postgres server was stopped.')
    this.#keepUsAlive(true)
    return new Promise((resolve, reject) => {
      this.#askers.push({ resolve, reject })
      this.#process.send(request)
    })
  }

  #settle(answer: Answer): void {
    const asker = this.#askers.shift()
    if (asker === undefined) throw new Error('The keeper of the Postgres server answered without a request.')
    if (this.#askers.length === 0) this.#keepUsAlive(false)
    if (answer.kind === 'failed') asker.reject(new Error(answer.message))
    else asker.resolve(answer)
  }

  #failAll(error: Error): void {
    for (const asker of this.#askers.splice(0)) asker.reject(error)
  }

  /** A server alone does not keep its owner's event loop running; waiting for one does. */
  #keepUsAlive(yes: boolean): void {
    if (yes) {
      this.#process.ref()
      this.#process.channel?.ref()
    } else {
      this.#process.unref()
      this.#process.channel?.unref()
    }
  }
}
