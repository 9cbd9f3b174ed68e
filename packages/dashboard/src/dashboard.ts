import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ConnectionBroker } from '@pglease/broker'
import { LiveFeed } from './live-feed.js'
import { type DashboardExecutor, type DashboardOptions, readOptions, readWatched } from './options.js'
import { PageFiles } from './page-files.js'
import { nameAsked } from './paths.js'
import { answer, begin, refuse } from './responses.js'

/** A handler of requests, of `http.createServer` as of express. */
export interface Dashboard {
  (request: IncomingMessage, response: ServerResponse): void
  /** Ends what viewers are sent, and answers requests with 503 from here on. Call it before the `close` of the server. */
  close(): void
}

/**
 * The live page of a broker, and of the tasks of an executor or of several. It asks nobody who he is: put it behind what your
 * service has for that, for it shows the names of tasks and databases, statements and the texts of warnings.
 * @throws ConfigurationError
 */
export function createDashboard(
  broker: ConnectionBroker,
  executor: DashboardExecutor | readonly DashboardExecutor[] = [],
  options: DashboardOptions = {},
): Dashboard {
  const executors = readWatched(broker, executor)
  const read = readOptions(options)
  const feed = new LiveFeed(broker, executors, read)
  const files = new PageFiles()
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    if (feed.state === 'closed') return refuse(request, response, 503, 'The page is closed.')
    const asked = nameAsked(request, read.prefix)
    if (asked === undefined) return refuse(request, response, 404, 'There is no such page.')
    if (asked.name !== 'events' && files.typeOf(asked.name) === undefined)
      return refuse(request, response, 404, 'There is no such page.')
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refuse(request, response, 405, 'This can only be read.', { allow: 'GET, HEAD' })
    if (asked.moved !== undefined)
      return refuse(request, response, 308, `It is at ${asked.moved}`, { location: asked.moved })
    if (asked.name === 'events') return serveEvents(request, response, feed)
    void serveFile(request, response, files, asked.name)
  }
  return Object.assign(handle, { close: () => feed.close() })
}

function serveEvents(request: IncomingMessage, response: ServerResponse, feed: LiveFeed): void {
  if (feed.isFull)
    return refuse(request, response, 503, 'As many pages are open as may be.', { 'retry-after': 10 })
  begin(response, 200, {
    'content-type': 'text/event-stream; charset=utf-8',
    // Proxies and middleware that compress would hold events back.
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  })
  if (request.method === 'HEAD') response.end()
  else feed.add(response)
}

async function serveFile(
  request: IncomingMessage,
  response: ServerResponse,
  files: PageFiles,
  name: string,
): Promise<void> {
  try {
    answer(request, response, 200, { type: files.typeOf(name)!, body: await files.read(name) })
  } catch {
    if (!response.headersSent) refuse(request, response, 500, 'A file of the page cannot be read.')
  }
}
