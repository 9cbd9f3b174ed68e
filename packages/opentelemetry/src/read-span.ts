/** What a thread has posted, made to what a span processor takes. Nothing of it is trusted: it may be made up. */
import {
  type Attributes,
  type AttributeValue,
  createTraceState,
  type HrTime,
  isSpanContextValid,
  type Link,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
} from '@opentelemetry/api'

/** As the SDK has a span that has ended, with the main thread's resource. */
export interface ReceivedSpan<Resource> {
  readonly name: string
  readonly kind: SpanKind
  spanContext(): SpanContext
  readonly parentSpanContext?: SpanContext
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly duration: HrTime
  readonly ended: true
  readonly status: SpanStatus
  readonly attributes: Attributes
  readonly links: Link[]
  readonly events: { name: string; time: HrTime; attributes: Attributes; droppedAttributesCount: number }[]
  readonly instrumentationScope: { name: string; version?: string; schemaUrl?: string }
  readonly resource: Resource
  readonly droppedAttributesCount: number
  readonly droppedEventsCount: number
  readonly droppedLinksCount: number
}

/** The SDK's limits of attributes, links and events. */
const MOST = 128

type Fields = Record<string, unknown>

/** @throws TypeError that says what is wrong with it */
export function readSpan<Resource>(posted: unknown, resource: Resource): ReceivedSpan<Resource> {
  const span = fields(posted)
  const context = readContext(span.context)
  const parent = span.parent === undefined ? undefined : readContext(span.parent)
  const [attributes, events, links] = list(span.dropped).map((count) => whole(count))
  return {
    name: text(span.name),
    kind: whole(span.kind, 4),
    spanContext: () => context,
    ...(parent === undefined ? {} : { parentSpanContext: parent }),
    startTime: readTime(span.startTime),
    endTime: readTime(span.endTime),
    duration: readTime(span.duration),
    ended: true,
    status: readStatus(span.status),
    attributes: readAttributes(span.attributes),
    links: list(span.links).map((link) => {
      const { context: of, attributes: about } = fields(link)
      return { context: readContext(of), attributes: readAttributes(about) }
    }),
    events: list(span.events).map((event) => {
      const { name, time, attributes: about } = fields(event)
      return {
        name: text(name),
        time: readTime(time),
        attributes: readAttributes(about),
        droppedAttributesCount: 0,
      }
    }),
    instrumentationScope: readScope(span.scope),
    resource,
    droppedAttributesCount: attributes ?? 0,
    droppedEventsCount: events ?? 0,
    droppedLinksCount: links ?? 0,
  }
}

function readContext(posted: unknown): SpanContext {
  const { traceId, spanId, traceFlags, traceState, isRemote } = fields(posted)
  const context = { traceId: text(traceId), spanId: text(spanId), traceFlags: whole(traceFlags, 255) }
  if (!isSpanContextValid(context)) throw new TypeError('it has ids that are none')
  return {
    ...context,
    isRemote: isRemote === true,
    ...(traceState === undefined ? {} : { traceState: createTraceState(text(traceState)) }),
  }
}

function readStatus(posted: unknown): SpanStatus {
  const { code, message } = fields(posted)
  return { code: whole(code, 2), ...(message === undefined ? {} : { message: text(message) }) }
}

function readScope(posted: unknown): ReceivedSpan<unknown>['instrumentationScope'] {
  const { name, version, schemaUrl } = fields(posted)
  return {
    name: text(name),
    ...(version === undefined ? {} : { version: text(version) }),
    ...(schemaUrl === undefined ? {} : { schemaUrl: text(schemaUrl) }),
  }
}

function readTime(posted: unknown): HrTime {
  const [seconds, nanos] = list(posted)
  return [whole(seconds), whole(nanos, 999_999_999)]
}

function readAttributes(posted: unknown): Attributes {
  const entries = Object.entries(fields(posted))
  if (entries.length > MOST) throw new TypeError('it has too many attributes')
  // JSON has no other word for numbers that are none.
  return Object.fromEntries(entries.map(([key, value]) => [key, readValue(value ?? undefined)]))
}

function readValue(value: unknown): AttributeValue | undefined {
  if (Array.isArray(value)) {
    const kinds = new Set(
      value.filter((each) => each !== null && each !== undefined).map((each) => typeof each),
    )
    if (kinds.size > 1 || ![...kinds].every(isPrimitive))
      throw new TypeError('it has an attribute that is none')
    return value
  }
  if (value !== undefined && !isPrimitive(typeof value))
    throw new TypeError('it has an attribute that is none')
  return value as AttributeValue | undefined
}

const isPrimitive = (type: string) => type === 'string' || type === 'number' || type === 'boolean'

function fields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw new TypeError('a part of it is missing')
  return value as Fields
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value) || value.length > MOST) throw new TypeError('a list in it is none, or too long')
  return value
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('a text in it is none')
  return value
}

function whole(value: unknown, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most)
    throw new TypeError('a number in it is none')
  return value
}
