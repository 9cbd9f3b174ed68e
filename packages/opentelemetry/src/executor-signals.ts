import {
  type Attributes,
  type BatchObservableResult,
  context,
  type Meter,
  type MeterProvider,
  metrics,
  propagation,
  type Span,
  SpanStatusCode,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { channels, type SharedPoolExecutor } from '@pglease/broker'
import { all, SCOPE, seconds } from './scope.js'
import { subscribe } from './subscribe.js'

/** Where the metrics and spans of an executor go. */
export interface ExecutorOptions {
  /** Default: the global ones. */
  meterProvider?: MeterProvider
  /** Default: the global one. */
  tracerProvider?: TracerProvider
  /** The `pglease.executor.name` of its metrics, to tell several from one another. Default: none. */
  name?: string
}

const TASK = 'pglease.task.name'
const OUTCOME = 'pglease.task.outcome'
const THREAD = 'thread.id'

/** Those of the conventions for what takes from milliseconds to minutes. */
const TASK_SECONDS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300]

/**
 * Reports how many tasks wait and run in this executor; and of the tasks of all executors of the process, once, how long they
 * have waited and run, and a span for each, from `run` to its end, as a child of what has called `run`.
 * @returns what ends it.
 */
export function observeExecutor(
  executor: Pick<SharedPoolExecutor, 'queueSize' | 'runningSize'>,
  { meterProvider = metrics, tracerProvider = trace, name }: ExecutorOptions = {},
): () => void {
  const meter = meterProvider.getMeter(SCOPE)
  return all([
    observeSizes(meter, executor, name === undefined ? {} : { 'pglease.executor.name': name }),
    recordTimes(meter),
    traceTasks(tracerProvider.getTracer(SCOPE)),
  ])
}

function observeSizes(
  meter: Meter,
  executor: Pick<SharedPoolExecutor, 'queueSize' | 'runningSize'>,
  attributes: Attributes,
): () => void {
  const unit = '{task}'
  const queued = meter.createObservableUpDownCounter('pglease.task.queued', {
    unit,
    description: 'The number of tasks that wait for a thread.',
  })
  const running = meter.createObservableUpDownCounter('pglease.task.running', {
    unit,
    description: 'The number of tasks in threads.',
  })
  const observe = (result: BatchObservableResult) => {
    result.observe(queued, executor.queueSize, attributes)
    result.observe(running, executor.runningSize, attributes)
  }
  meter.addBatchObservableCallback(observe, [queued, running])
  return () => meter.removeBatchObservableCallback(observe, [queued, running])
}

function recordTimes(meter: Meter): () => void {
  const advice = { explicitBucketBoundaries: TASK_SECONDS }
  const waits = meter.createHistogram('pglease.task.wait_time', {
    unit: 's',
    description: 'The time from the call of run to the start of the task.',
    advice,
  })
  const runs = meter.createHistogram('pglease.task.duration', {
    unit: 's',
    description: 'The time from the start of a task to its end.',
    advice,
  })
  return all([
    subscribe(channels.taskStarted, ({ task, waitMillis }) =>
      waits.record(seconds(waitMillis), { [TASK]: task }),
    ),
    subscribe(channels.taskEnded, ({ task, threadId, runMillis, outcome }) => {
      if (threadId !== undefined) runs.record(seconds(runMillis), { [TASK]: task, [OUTCOME]: outcome })
    }),
  ])
}

function traceTasks(tracer: Tracer): () => void {
  /** Of the tasks that have not ended, by number. */
  const spans = new Map<number, Span>()
  return all([
    // Within the call of `run`, so its context is that of the caller.
    subscribe(channels.taskQueued, ({ run, task, carrier }) => {
      const span = tracer.startSpan(`task ${task}`, { attributes: { [TASK]: task } })
      spans.set(run, span)
      propagation.inject(trace.setSpan(context.active(), span), carrier)
    }),
    subscribe(channels.taskStarted, ({ run, threadId }) => {
      spans.get(run)?.setAttribute(THREAD, threadId).addEvent('started')
    }),
    subscribe(channels.taskEnded, ({ run, outcome, error }) => {
      const span = spans.get(run)
      if (span === undefined) return
      spans.delete(run)
      span.setAttribute(OUTCOME, outcome)
      if (outcome !== 'returned') fail(span, error)
      span.end()
    }),
    () => {
      for (const span of spans.values()) span.end()
    },
  ])
}

/** A task may throw anything, and the reason of an abort may be anything. */
function fail(span: Span, error: unknown): void {
  if (error instanceof Error) {
    span.recordException(error)
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
  } else span.setStatus({ code: SpanStatusCode.ERROR, message: String(typeof error) })
}
