// The program of a member. It ends with the process that has started it, however that ends.
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionBroker } from '@pglease/broker'
import { messageOf } from '@pglease/commands'
import { Member } from './member.js'
import type { MemberSettings, News, Order } from './messages.js'
import { watchThreads } from './threads.js'

const MILLIS_BETWEEN_FIGURES = 500

/** How long a connection may take to answer. */
const HEALTH_MILLIS = 2000

const threads = watchThreads()
let member: Member | undefined

process.on('message', (order: Order) => {
  if (order.kind === 'begin') void begin(order.settings)
  else if (order.kind === 'stop') void stop()
  else void endThread()
})
process.once('disconnect', () => process.exit())

async function begin(settings: MemberSettings): Promise<void> {
  try {
    member = new Member(settings, tell)
    void watchHealth(member.broker)
    await member.work()
  } catch (error) {
    tell({ kind: 'broken', message: messageOf(error) })
    // What was told has to leave first.
    process.disconnect()
  }
}

async function stop(): Promise<void> {
  await member?.stop()
  process.exit()
}

async function endThread(): Promise<void> {
  const [task] = member?.executor.tasks() ?? []
  if (task !== undefined) await threads.get(task.threadId)?.terminate()
}

/** As a probe of readiness does: a network that has fallen silent is told of by nothing else. */
async function watchHealth(broker: ConnectionBroker): Promise<void> {
  let reachableAt = performance.now()
  while (broker.state === 'open') {
    const { default: health } = (await broker.healthcheck({ timeoutMillis: HEALTH_MILLIS })).databases
    const now = performance.now()
    if (health?.ok !== false || health.reason !== 'unreachable') reachableAt = now
    const { total, leased, waiting } = broker.stats().default!
    tell({
      kind: 'figures',
      figures: { connections: total, leased, waiting, unreachableMillis: now - reachableAt },
    })
    await sleep(MILLIS_BETWEEN_FIGURES, undefined, { ref: false })
  }
}

function tell(news: News): void {
  // Whoever listened may be gone: then this process ends as well.
  if (process.connected) process.send?.(news, () => {})
}
