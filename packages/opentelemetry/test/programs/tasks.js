/** Tasks that tell of the spans of their thread. */
import { propagation } from '@opentelemetry/api'
import '@pglease/opentelemetry/task-thread'
import { exporter } from './tracing.js'

const spans = () =>
  exporter.getFinishedSpans().map((span) => ({
    name: span.name,
    traceId: span.spanContext().traceId,
    parentId: span.parentSpanContext?.spanId,
  }))

export async function queries(_input, { db }) {
  exporter.reset()
  await db.query('SELECT 1 AS one')
  return { spans: spans(), baggage: propagation.getActiveBaggage()?.getEntry('user')?.value }
}

export const fails = () => {
  throw new RangeError('Not today')
}

export const square = async (number, { db }) =>
  (await db.query('SELECT $1::int * $1::int AS n', [number])).rows[0].n
