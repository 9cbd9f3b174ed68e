/**
 * To be imported by a task module, or by what an executor's `execArgv` loads: the tasks of the thread then begin in the context of their
 * spans, as the main thread's propagator has sent it, so that spans of their queries are children of these.
 */
import { context, propagation } from '@opentelemetry/api'
import { aroundTasks } from '@pglease/client'

aroundTasks((run, { carrier }) => context.with(propagation.extract(context.active(), carrier), run))
