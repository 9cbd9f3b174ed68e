// #region sdk
// thread-sdk.js: loaded by each thread, before anything loads pg
import { register } from 'node:module'
import { context, propagation } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { ThreadSpanProcessor } from '@pglease/opentelemetry/thread-spans'

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
propagation.setGlobalPropagator(new W3CTraceContextPropagator())
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new ThreadSpanProcessor()] })
registerInstrumentations({ instrumentations: [new PgInstrumentation()], tracerProvider })
// #endregion sdk
