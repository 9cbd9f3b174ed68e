import { types } from 'node:util'
import { diag } from '@opentelemetry/api'
import { ConfigurationError } from '@pglease/broker'
import { closeBrought } from '@pglease/broker/internal'
import { type ReceivedSpan, readSpan } from './read-span.js'
import { MOST_CHARACTERS, MOST_SPANS, postedSpans } from './span-message.js'

/** What tells of messages of threads: a `SharedPoolExecutor`, or a `Worker`. */
export interface SpanSource {
  on(event: 'message', listener: (message: unknown) => void): unknown
  off(event: 'message', listener: (message: unknown) => void): unknown
  listenerCount(event: 'message'): number
}

/** Takes spans: any `SpanProcessor` of the SDK. */
export interface SpanSink<Resource> {
  onEnd(span: ReceivedSpan<Resource>): void
}

/**
 * Gives the spans that threads have posted by a `ThreadSpanProcessor` to a span processor of this thread, with their own ids and
 * parents. What comes is checked: a span that is none is dropped, with a word to OpenTelemetry's `diag`.
 * @param options `processor` takes them; `resource` is the one of this thread's SDK, as threads are of the same process.
 * @returns what ends it.
 * @throws ConfigurationError without a processor or a resource: exporters take no span that has none.
 */
export function receiveSpans<Resource>(
  source: SpanSource,
  { processor, resource }: { processor: SpanSink<Resource>; resource: Resource },
): () => void {
  if (typeof processor?.onEnd !== 'function' || Object(resource) !== resource)
    throw new ConfigurationError(
      'receiveSpans needs the processor that takes the spans, and the resource of this thread’s SDK: receiveSpans(executor, { processor, resource }).',
      { option: typeof processor?.onEnd === 'function' ? 'resource' : 'processor' },
    )
  const take = (posted: unknown) => {
    try {
      processor.onEnd(readSpan(posted, resource))
    } catch (error) {
      diag.warn('A span of a thread was dropped', error)
    }
  }
  const hear = (message: unknown) => {
    const posted = postedSpans(message)
    if (posted === undefined) {
      // An executor does that where nobody listens, and here nobody else does.
      if (source.listenerCount('message') === 1) closeBrought(message)
      return
    }
    // It should bring nothing that is to be closed, but it may be made up.
    closeBrought(message)
    const spans = listOf(posted.spans)
    if (spans === undefined) return diag.warn('What a thread has posted as spans is none')
    for (const span of spans) take(span)
    const { taken } = posted
    if (types.isSharedArrayBuffer(taken) && taken.byteLength >= 4)
      Atomics.add(new Int32Array(taken, 0, 1), 0, spans.length)
  }
  source.on('message', hear)
  return () => void source.off('message', hear)
}

function listOf(spans: unknown): unknown[] | undefined {
  if (typeof spans !== 'string' || spans.length > MOST_CHARACTERS) return undefined
  try {
    const list: unknown = JSON.parse(spans)
    return Array.isArray(list) && list.length <= MOST_SPANS ? list : undefined
  } catch {
    return undefined
  }
}
