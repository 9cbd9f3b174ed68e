import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ConnectionBroker, channels, type TypedChannel } from '@pglease/broker'
import { createDashboard } from '@pglease/dashboard'
import type { Contender } from './contender.js'
import { pglease, startPglease } from './pglease.js'

/** Begins to watch a broker. @returns what ends it */
type Watcher = (broker: ConnectionBroker) => Promise<() => void>

const hear: Watcher = async () => {
  let heard = 0
  const listener = () => {
    heard++
  }
  const all = Object.values(channels) as TypedChannel<unknown>[]
  for (const channel of all) channel.subscribe(listener)
  return () => {
    for (const channel of all) channel.unsubscribe(listener)
    if (heard === 0) throw new Error('Nothing was heard')
  }
}

const watchPage: Watcher = async (broker) => {
  const dashboard = createDashboard(broker)
  const server = createServer(dashboard)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/events', agent: false }, (response) => {
      response.on('error', () => {}).once('data', resolve)
    }).on('error', reject)
  })
  return () => {
    dashboard.close()
    server.close()
    server.closeAllConnections()
  }
}

/** Watched in its own rounds only, as channels are of the whole process. */
function watched(name: string, about: string, watcher: Watcher): Contender {
  return {
    name,
    about,
    async start(setting) {
      const { broker, ...running } = await startPglease(setting)
      return { ...running, watch: () => watcher(broker) }
    },
  }
}

/** The same in three states: nobody listens, somebody listens to all channels, somebody has the live page open. */
export const WATCHED: readonly Contender[] = [
  pglease,
  watched('pglease, heard', 'with a listener of every channel', hear),
  watched('pglease, page open', 'with a live page that somebody looks at', watchPage),
]
