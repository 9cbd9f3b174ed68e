import type { Worker } from 'node:worker_threads'
import { ProtocolError } from '@pglease/client'
import { AheadCell, type AttachRequest, isAheadOffer, isAttachRequest } from '@pglease/client/internal'
import { ThreadShare } from '../lease/thread-share.js'
import { PiscinaThread } from './piscina-thread.js'
import { endWhenLoaded } from './thread-loading.js'

/** What a thread's line needs of the jobs in it. */
export interface LineJob {
  /** Whether its abort may end the thread. */
  readonly isAbortable: boolean
  /** Whether it is aborted, and has not ended. */
  readonly isAborted: boolean
  /** Whether the thread has not begun it, nor will it before it claims it. */
  readonly isUnclaimed: boolean
  /** The executor has the answer of the one before it. */
  begins(): void
  /** Whether the thread will not begin it, from now on at the latest. */
  takeBack(): boolean
}

/** What a thread tells of. */
export interface LineEvents {
  /** It can be sent jobs from here on. */
  ready(): void
  /** It asks for its control port. */
  attach(request: AttachRequest, share: ThreadShare): void
  /** A task has posted a message to the main thread. */
  message(message: unknown): void
  /** It has posted what it never should, and is ended. */
  garbage(error: ProtocolError): void
}

/** The message of Piscina's code in the thread that it has loaded the module. */
const PISCINA_READY = '_WORKER_READY'

/** A thread of the executor, and its jobs in the order in which it takes them. */
export class ThreadLine {
  /** The thread's. */
  readonly id: number
  readonly #thread: Worker
  readonly #events: LineEvents
  /** Set when the thread has started and has posted it. */
  #cell: AheadCell | undefined
  /** Set when Piscina takes tasks for the thread, which it may do before the thread has started. */
  #piscina: PiscinaThread | undefined
  /** Piscina's code in the thread posts one such message, before the first task: another is a task's. */
  #isPiscinaReady = false
  /** Its end waits for this. */
  readonly #loaded: () => void
  /** Set when the thread is known to end. */
  #isEnding = false
  /** What the thread ended with. */
  #error: { value: unknown } | undefined
  readonly #jobs: LineJob[] = []
  readonly #share = new ThreadShare()
  /** Whether all that it runs is aborted. */
  #isStopped = false

  constructor(thread: Worker, events: LineEvents) {
    this.#thread = thread
    this.#events = events
    this.id = thread.threadId
    this.#loaded = endWhenLoaded(thread)
    this.#share.isTaskAborted = () =>
      this.#isStopped || this.#share.isKilled || this.#jobs.some((job) => job.isAborted && this.#runs(job))
    thread.on('message', (message) => this.#received(message))
    // Before Piscina hears of it.
    thread.prependListener('error', (value) => {
      this.#error = { value }
      this.#ends()
    })
    thread.prependListener('exit', () => this.#ends())
  }

  /** Whether the thread has ended: then it has no id any more. */
  get isOver(): boolean {
    return this.#thread.threadId !== this.id
  }

  get isEnding(): boolean {
    return this.#isEnding
  }

  get hasStarted(): boolean {
    return this.#cell !== undefined && this.#piscina !== undefined
  }

  /** Whether it can be sent jobs. One that has not started has none. */
  get isReady(): boolean {
    return this.hasStarted && !this.#isEnding
  }

  /** Why the thread has not started and never will, unless it has been ended. */
  get startError(): { value: unknown } | undefined {
    if (this.hasStarted) return undefined
    return (
      this.#error ?? (this.isOver ? { value: new Error('The thread exited while it started') } : undefined)
    )
  }

  /** @param shown what Piscina shows of the thread when it takes tasks for it. */
  created(shown: object): void {
    this.#piscina = new PiscinaThread(shown, () => this.#garbage())
    if (this.isReady) this.#events.ready()
  }

  /** @throws Error before the thread has started. */
  get cell(): AheadCell {
    if (this.#cell === undefined) throw new Error('The thread has not started')
    return this.#cell
  }

  /** Of what it was sent, how much it has not answered. */
  get owed(): number {
    return this.#piscina?.owed ?? 0
  }

  /** Aborts what the thread runs. It is sent nothing more. */
  stop(): void {
    this.#isStopped = true
    this.#cell?.stop()
    this.aborted()
  }

  /** What it runs is, or one of its jobs that it may have done with: whoever listens asks which. */
  aborted(): void {
    for (const listener of this.#share.abortListeners) listener()
  }

  /** One that is aborted shares its thread only with one behind it: when that has begun, it is over there. */
  #runs(job: LineJob): boolean {
    const next = this.behind(job)
    return next === undefined || next.isUnclaimed
  }
  /** It is ended now, whatever it does. */
  noteKill(): void {
    this.#share.isKilled = true
  }

  get length(): number {
    return this.#jobs.length
  }

  get first(): LineJob | undefined {
    return this.#jobs[0]
  }

  behind(job: LineJob): LineJob | undefined {
    return this.#jobs[this.#jobs.indexOf(job) + 1]
  }

  add(job: LineJob): void {
    this.#jobs.push(job)
  }

  remove(job: LineJob): void {
    this.#jobs.splice(this.#jobs.indexOf(job), 1)
  }

  /** A task that can be aborted has its thread to itself: the thread's end would end the others. */
  canShare({ isWatched }: { readonly isWatched: boolean }): boolean {
    return this.#jobs.every((job) => !isWatched && !job.isAbortable)
  }

  #received(message: unknown): void {
    if (isAheadOffer(message)) this.#started(message['@pglease/ahead'])
    else if (isAttachRequest(message)) this.#events.attach({ ...message, threadId: this.id }, this.#share)
    else if (!this.#isPiscinaReady && Object.hasOwn(Object(message), PISCINA_READY)) this.#piscinaReady()
    else this.#events.message(message)
  }

  #piscinaReady(): void {
    this.#isPiscinaReady = true
    this.#loaded()
  }

  #started(memory: SharedArrayBuffer): void {
    this.#cell ??= new AheadCell(memory)
    if (this.isReady) this.#events.ready()
  }

  /** Whatever it has answered before its end counts. */
  #ends(): void {
    this.#isEnding = true
    this.#piscina?.readAnswers()
  }

  #garbage(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#piscina?.end()
    this.#events.garbage(
      new ProtocolError(`Thread ${this.id} has posted what is no answer of a task, and is ended.`),
    )
  }
}
