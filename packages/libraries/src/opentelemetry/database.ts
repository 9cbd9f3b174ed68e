import { register } from 'node:module'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'

// Before anything loads pg: new SharedPoolExecutor(broker, { execArgv: ['--import', fileOfThis], … })
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)

export const exporter = new InMemorySpanExporter()

registerInstrumentations({
  instrumentations: [new PgInstrumentation()],
  tracerProvider: new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
})
