/** Tasks whose spans go to the main thread, and one that posts what only looks like it. */
import { parentPort } from 'node:worker_threads'
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import '@pglease/opentelemetry/task-thread'

const tracer = trace.getTracer('of the task', '1.2.3')

/** A span of its own around a query, with all that a span can have. */
export const queries = (_input, { db }) =>
  tracer.startActiveSpan(
    'plans',
    { kind: SpanKind.PRODUCER, attributes: { stops: 3, open: true, names: ['a', 'b'] } },
    async (span) => {
      await db.query('SELECT 1 AS one')
      span.addEvent('found', { count: 2 })
      span.addLink({ context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 } })
      span.recordException(new RangeError('too far'))
      span.setStatus({ code: SpanStatusCode.ERROR, message: 'too far' })
      span.end()
    },
  )

/** Ends spans faster than anybody takes them. */
export function floods(count) {
  for (let n = 0; n < count; n++) tracer.startSpan(`span ${n}`, {}, ROOT_CONTEXT).end()
  return context.active() === undefined
}

export const posts = (messages) => {
  for (const message of messages) parentPort.postMessage(message)
}
