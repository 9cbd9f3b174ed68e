import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { until, within } from '../common/until.js'
import type {
  Act,
  Beat,
  RoundReport,
  RoundSettings,
  SubjectMessage,
  SubjectRequest,
} from '../subject/messages.js'

const PROCESS = fileURLToPath(new URL('../subject/subject-process.js', import.meta.url))
const WITHOUT_KOFFI = fileURLToPath(new URL('../../programs/without-koffi.cjs', import.meta.url))

/** The process is given up when it does not come to its end in so long. */
const FINISH_MILLIS = 120_000
/** Some threads have started, others are about to: there is somebody to strike. */
const WARM_TASKS = 3
const BEGIN_MILLIS = 60_000
const ACT_MILLIS = 60_000

/** The process under test has ended, by itself or because it did not answer any more. */
export class SubjectEndedError extends Error {
  /** @param printed the last of what it has printed as errors. */
  constructor(
    message: string,
    readonly printed: string,
  ) {
    super(message)
  }
}

/** The process under test, seen from outside. */
export class Subject {
  readonly #child: ChildProcess
  readonly #acts = new Map<number, () => void>()
  #nextAct = 0
  #errors = ''
  #report: ((report: RoundReport) => void) | undefined
  beat: Beat | undefined
  /** The most connections that it could have had in the last few beats. */
  readonly #limits: number[] = []
  /** Rejects when it has ended. */
  readonly #ended: Promise<never>

  private constructor(handsOver: boolean) {
    const execArgv = ['--expose-gc', '--no-warnings', ...(handsOver ? [] : ['--require', WITHOUT_KOFFI])]
    this.#child = fork(PROCESS, { execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#child.stderr!.on('data', (chunk) => {
      this.#errors = (this.#errors + chunk).slice(-4000)
    })
    this.#child.on('message', (message: SubjectMessage) => this.#receive(message))
    this.#ended = new Promise((_, reject) => {
      this.#child.on('close', (code, signal) =>
        reject(new SubjectEndedError(`The process ended with ${signal ?? code}`, this.#errors)),
      )
    })
    this.#ended.catch(() => {})
  }

  static async start(handsOver: boolean): Promise<Subject> {
    const subject = new Subject(handsOver)
    const ready = new Promise<void>((resolve) => subject.#child.once('message', () => resolve()))
    await Promise.race([ready, subject.#ended])
    return subject
  }

  /** Resolves when the load is under way, or should be. @throws SubjectEndedError */
  async begin(settings: RoundSettings): Promise<void> {
    this.#limits.length = 0
    this.beat = undefined
    this.#send({ kind: 'begin', settings })
    const isUnderWay = () => (this.beat?.settled ?? 0) >= WARM_TASKS
    const underWay = until(
      () => isUnderWay() || this.#hasEnded,
      () => 'for the load to be under way',
      BEGIN_MILLIS,
    )
    // What does not settle is accounted for in the end.
    await Promise.race([underWay.catch(() => {}), this.#ended])
  }

  /** Resolves when it is done. @throws SubjectEndedError */
  act(what: Act): Promise<void> {
    const id = this.#nextAct++
    const done = new Promise<void>((resolve) => this.#acts.set(id, resolve))
    this.#send({ kind: 'act', id, what })
    return within(ACT_MILLIS, `for the process to ${what.act}`, Promise.race([done, this.#ended]))
  }

  /** @param keeps whether its broker stays for the next round. @throws SubjectEndedError */
  async finish(keeps: boolean): Promise<RoundReport> {
    const report = new Promise<RoundReport>((resolve) => {
      this.#report = resolve
    })
    this.#send({ kind: 'finish', keeps })
    try {
      return await within(FINISH_MILLIS, 'for the process to finish', Promise.race([report, this.#ended]))
    } catch (error) {
      if (error instanceof SubjectEndedError) throw error
      throw new SubjectEndedError((error as Error).message, this.#errors)
    }
  }

  get limit(): number {
    return Math.max(...this.#limits)
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  end(): void {
    this.#child.kill('SIGKILL')
  }

  #send(request: SubjectRequest): void {
    // One that has ended is told of by what waits for it.
    if (this.#child.connected) this.#child.send(request, () => {})
  }

  #receive(message: SubjectMessage): void {
    if (message.kind === 'report') this.#report?.(message)
    if (message.kind === 'beat') {
      this.beat = message
      this.#limits.push(message.limit)
      if (this.#limits.length > 10) this.#limits.shift()
    }
    if (message.kind !== 'acted') return
    this.#acts.get(message.id)?.()
    this.#acts.delete(message.id)
  }
}
