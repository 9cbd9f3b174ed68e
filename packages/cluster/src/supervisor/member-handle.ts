import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { MemberFigures, MemberSettings, News, Order } from '../member/messages.js'

const PROGRAM = fileURLToPath(new URL('../member/member-process.js', import.meta.url))

/** How much of what it prints is kept, for the case that it breaks. */
const MOST_PRINTED = 4000

/** A process of the cluster, seen from the one that has started it. */
export class MemberHandle {
  readonly settings: MemberSettings
  readonly #child: ChildProcess
  /** Resolves when it has ended. */
  readonly ended: Promise<unknown>
  /** Under this name its jobs are locked, from its `ready` on. */
  pool: string | undefined
  figures: MemberFigures | undefined
  #reason = ''
  #printed = ''

  /** @param host the network namespace that it lives in; undefined for this one */
  constructor(settings: MemberSettings, host: string | undefined, hear: (news: News) => void) {
    this.settings = settings
    // Detached: Ctrl-C goes to every process of the terminal's group, and the supervisor is to end its members in order.
    this.#child = fork(PROGRAM, {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      ...(host === undefined ? { execArgv: [] } : within(host)),
    })
    this.ended = once(this.#child, 'exit').catch((error: Error) => {
      this.#reason = error.message
    })
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#printed = (this.#printed + text).slice(-MOST_PRINTED)
    })
    this.#child.on('message', (news: News) => {
      if (news.kind === 'ready') this.pool = news.pool
      else if (news.kind === 'figures') this.figures = news.figures
      else if (news.kind === 'broken') this.#reason = news.message
      hear(news)
    })
    this.tell({ kind: 'begin', settings })
  }

  get processId(): number | undefined {
    return this.#child.pid
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined
  }

  /** Why it has ended, in words. */
  get end(): string {
    const { exitCode, signalCode } = this.#child
    const printed = this.#printed.trim().split('\n').at(-1) ?? ''
    return this.#reason || (signalCode ? `ended by ${signalCode}` : `ended with ${exitCode}: ${printed}`)
  }

  tell(order: Order): void {
    if (this.#child.connected) this.#child.send(order, () => {})
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

/** `ip` becomes the program that it runs, and so keeps its id and its channel. */
const within = (host: string) => ({
  execPath: 'ip',
  execArgv: ['netns', 'exec', host, process.execPath],
})
