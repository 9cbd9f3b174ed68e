// A member by itself, as in a container: it is told by its environment what to do, and by signals when to end.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ConnectionBroker, installShutdown } from '@pglease/broker'
import { runCommand } from '@pglease/commands'
import { Member } from '../member/member.js'
import type { News } from '../member/messages.js'
import { MILLIS_BETWEEN_LOOKS, Roll } from './roll.js'
import { type PodSettings, readEnvironment } from './settings.js'

const HELP = `A process that takes jobs from the queue until it is told to end. It is configured by its environment:
DATABASE_URL, THREADS (1), CONNECTIONS (3), LIMIT_SECONDS (600), QUEUE_SCHEMA, TRANSACTION_POOLING (false), PORT (8080), POD_NAME.
`

/** Less than half of what Docker and Kubernetes wait by default would be too little for a job, so give it what you can. */
const GRACE_MILLIS = 20_000

async function run(settings: PodSettings): Promise<number> {
  const said = (news: News) => void process.stdout.write(`${JSON.stringify(news)}\n`)
  const { name, schema, port } = settings
  let self: { readonly pool: string; readonly name: string } | undefined
  const member = new Member(settings, (news) => {
    if (news.kind === 'ready') self = { pool: news.pool, name }
    if (news.kind !== 'progress') said(news)
  })
  const roll = new Roll(member.broker, schema, () => self)
  const server = createServer((request, response) => answer(request, response, member.broker))
  server.listen(port)
  await once(server, 'listening')
  process.stdout.write(`Listening on port ${(server.address() as AddressInfo).port}\n`)
  const { signal } = installShutdown({
    broker: member.broker,
    executor: member.executor,
    timeoutMillis: GRACE_MILLIS,
    beforeClose: async () => {
      server.close()
      await member.takeNoMore()
    },
  })
  void lookAround(roll, signal)
  try {
    await member.work()
  } catch (error) {
    // What the queue still does would keep the process, and its jobs from others.
    setImmediate(() => process.exit())
    throw error
  } finally {
    server.close()
  }
  // A queue that was stopped ends in order, and `installShutdown` goes on.
  return 0
}

async function lookAround(roll: Roll, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Before the first run there are no tables.
    await roll.look().catch(() => {})
    await sleep(MILLIS_BETWEEN_LOOKS, undefined, { signal, ref: false }).catch(() => {})
  }
}

async function answer(
  { url }: IncomingMessage,
  response: ServerResponse,
  broker: ConnectionBroker,
): Promise<void> {
  if (url === '/live') return void response.end()
  if (url !== '/ready') return void response.writeHead(404).end()
  const health = await broker.healthcheck({ timeoutMillis: 1000 })
  response
    .writeHead(health.ok ? 200 : 503, { 'content-type': 'application/json' })
    .end(JSON.stringify(health))
}

await runCommand({ help: HELP, readArguments: () => readEnvironment(process.env), run })
