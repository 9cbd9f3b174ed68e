// The program of a member. It ends with the process that has started it, however that ends.
import { messageOf } from '@pglease/commands'
import { Member } from './member.js'
import type { MemberSettings, News, Order } from './messages.js'
import { watchThreads } from './threads.js'

const MILLIS_BETWEEN_FIGURES = 500

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
    setInterval(tellFigures, MILLIS_BETWEEN_FIGURES).unref()
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

function tellFigures(): void {
  if (member === undefined) return
  const pool = member.broker.stats().default!
  tell({
    kind: 'figures',
    figures: {
      connections: pool.total,
      leased: pool.leased,
      waiting: pool.waiting,
      threads: [],
    },
  })
}

function tell(news: News): void {
  // Whoever listened may be gone: then this process ends as well.
  if (process.connected) process.send?.(news, () => {})
}
