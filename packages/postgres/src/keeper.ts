// The program that keeps a server, in a process of its own. The end of its channel tells it that the process which
// wanted the server is gone, however that ended: then it ends the server and removes the server's files.
import { Cluster } from './cluster.js'
import type { Answer, Request } from './messages.js'

let cluster: Cluster | undefined
/** What is under way, and everything asked for before that. */
let work = Promise.resolve()

process.on('message', (request: Request) => {
  work = work.then(async () => reply(await answerTo(request)))
})

process.once('disconnect', end)
// Its owner's Ctrl-C does not reach it: these are for whoever ends this very process.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end)

async function answerTo(request: Request): Promise<Answer> {
  try {
    cluster ??= new Cluster()
    if (request.kind === 'shutDown') {
      await cluster.shutDown(request.mode)
      return { kind: 'down' }
    }
    if (request.kind === 'start') await cluster.start(request.cluster)
    else await cluster.launch()
    const { processId, socketDirectory, dataDirectory } = cluster
    return { kind: 'running', processId, socketDirectory, dataDirectory }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}

function reply(answer: Answer): void {
  if (process.connected) process.send?.(answer)
}

function end(): void {
  work = work.then(() => cluster?.remove()).then(() => process.exit())
}
