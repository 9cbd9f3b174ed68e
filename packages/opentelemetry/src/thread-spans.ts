/** For the SDK of a worker thread: its spans go to the main thread, which exports them. */
import { parentPort } from 'node:worker_threads'
import { diag, TraceFlags } from '@opentelemetry/api'
import {
  type EndedSpan,
  MOST_CHARACTERS,
  MOST_SPANS,
  type PostedSpan,
  spansMessage,
  toPosted,
} from './span-message.js'

/** So many may be on their way; of what ends beyond, nothing is posted, as a `BatchSpanProcessor` drops what is too much. */
const MOST_UNDERWAY = 2048

/**
 * A span processor that posts the spans of this thread to the main thread, where `receiveSpans` gives them to a processor there.
 * Those that end in one turn go together, before the task's answer. Where the main thread takes none, or is held up, those beyond
 * the first 2048 are dropped. On the main thread itself it does nothing.
 */
export class ThreadSpanProcessor {
  #ended: PostedSpan[] = []
  /** Since the thread's start. */
  #posted = 0
  readonly #taken = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  #hasWarned = false

  onStart(): void {}

  onEnd(span: EndedSpan): void {
    if (parentPort === null || (span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
    if (this.#underway + this.#ended.length >= MOST_UNDERWAY) return this.#warn()
    if (this.#ended.length === 0) queueMicrotask(() => this.#post())
    this.#ended.push(toPosted(span))
    if (this.#ended.length === MOST_SPANS) this.#post()
  }

  /** Posts what has ended; that the main thread has exported it is not waited for. */
  async forceFlush(): Promise<void> {
    this.#post()
  }

  shutdown(): Promise<void> {
    return this.forceFlush()
  }

  /** Both counts begin anew after 2³². */
  get #underway(): number {
    return (this.#posted - Atomics.load(this.#taken, 0)) | 0
  }

  #post(): void {
    const spans = this.#ended
    this.#ended = []
    this.#postEach(spans)
  }

  #postEach(spans: readonly PostedSpan[]): void {
    if (spans.length === 0) return
    const json = JSON.stringify(spans)
    if (json.length <= MOST_CHARACTERS) {
      parentPort?.postMessage(spansMessage(json, this.#taken.buffer as SharedArrayBuffer))
      this.#posted = (this.#posted + spans.length) | 0
    } else if (spans.length === 1) {
      diag.warn(`A span of a thread is dropped: it is longer than ${MOST_CHARACTERS} characters`)
    } else {
      const half = spans.length >> 1
      this.#postEach(spans.slice(0, half))
      this.#postEach(spans.slice(half))
    }
  }

  #warn(): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    diag.warn(`Spans of a thread are dropped: ${MOST_UNDERWAY} wait for the main thread to take them`)
  }
}
