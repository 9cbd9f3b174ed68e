import type {
  Attributes,
  HrTime,
  Link,
  SpanAttributes,
  SpanContext,
  SpanKind,
  SpanStatus,
} from '@opentelemetry/api'

/** Of a span, or of what it links to: what crosses threads. */
interface PostedContext {
  traceId: string
  spanId: string
  traceFlags: number
  traceState: string | undefined
  isRemote: boolean
}

interface PostedEvent {
  name: string
  time: HrTime
  attributes: Attributes
}

interface PostedLink {
  context: PostedContext
  attributes: Attributes
}

/** An ended span, as a thread posts it. */
export interface PostedSpan {
  name: string
  kind: SpanKind
  context: PostedContext
  parent: PostedContext | undefined
  startTime: HrTime
  endTime: HrTime
  duration: HrTime
  status: SpanStatus
  attributes: Attributes
  links: PostedLink[]
  events: PostedEvent[]
  scope: { name: string; version: string | undefined; schemaUrl: string | undefined }
  dropped: [attributes: number, events: number, links: number]
}

const KEY = '@pglease/opentelemetry/spans'

/** A message with more characters is not read: that would hold the main thread up. */
export const MOST_CHARACTERS = 500_000

/** Nor is one with more spans than this. */
export const MOST_SPANS = 256

/** What a thread posts to its parent. */
interface SpansMessage {
  /** Of an array of `PostedSpan`, as JSON: so it can bring nothing along, and costs little. */
  [KEY]: string
  /** An Int32Array of one word: how many the main thread has taken so far. */
  taken: SharedArrayBuffer
}

export function spansMessage(spans: string, taken: SharedArrayBuffer): SpansMessage {
  return { [KEY]: spans, taken }
}

/** What a message claims to bring; undefined for a message of another kind. Nothing of it is known to be as it should. */
export function postedSpans(message: unknown): { spans: unknown; taken: unknown } | undefined {
  if (typeof message !== 'object' || message === null || !Object.hasOwn(message, KEY)) return undefined
  const { [KEY]: spans, taken } = message as Partial<SpansMessage>
  return { spans, taken }
}

/** What there is of a span of the SDK, or of one like it. */
export interface EndedSpan {
  readonly name: string
  readonly kind: SpanKind
  spanContext(): SpanContext
  readonly parentSpanContext?: SpanContext
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly duration: HrTime
  readonly status: SpanStatus
  readonly attributes: SpanAttributes
  readonly links: readonly Link[]
  readonly events: readonly { name: string; time: HrTime; attributes?: Attributes }[]
  readonly instrumentationScope: { name: string; version?: string; schemaUrl?: string }
  readonly droppedAttributesCount: number
  readonly droppedEventsCount: number
  readonly droppedLinksCount: number
}

/** Attributes, and all else, are plain data by OpenTelemetry's rules; contexts may have methods. */
export function toPosted(span: EndedSpan): PostedSpan {
  const { name, kind, startTime, endTime, duration, status, attributes, parentSpanContext } = span
  const { name: scope, version, schemaUrl } = span.instrumentationScope
  return {
    ...{ name, kind, startTime, endTime, duration, status, attributes },
    context: toPostedContext(span.spanContext()),
    parent: parentSpanContext && toPostedContext(parentSpanContext),
    links: span.links.map((link) => ({
      context: toPostedContext(link.context),
      attributes: link.attributes ?? {},
    })),
    events: span.events.map((event) => ({ ...event, attributes: event.attributes ?? {} })),
    scope: { name: scope, version, schemaUrl },
    dropped: [span.droppedAttributesCount, span.droppedEventsCount, span.droppedLinksCount],
  }
}

function toPostedContext({ traceId, spanId, traceFlags, traceState, isRemote }: SpanContext): PostedContext {
  return { traceId, spanId, traceFlags, traceState: traceState?.serialize(), isRemote: isRemote === true }
}
