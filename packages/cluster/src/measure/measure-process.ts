// A process of the measurement. It ends with the one that has started it.
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'
import type { Answer, Order } from './messages.js'

type Prepared = Extract<Order, { kind: 'prepare' }>

class Subject {
  readonly #order: Prepared
  readonly #broker: ConnectionBroker
  readonly #executor: SharedPoolExecutor<typeof import('./tasks.js')>

  constructor(order: Prepared) {
    this.#order = order
    const { connectionString, each } = order
    this.#broker = new ConnectionBroker({
      databases: { default: { connectionString, max: each.connections } },
    })
    this.#executor = new SharedPoolExecutor(this.#broker, {
      filename: new URL('./tasks.js', import.meta.url),
      maxThreads: each.threads,
    })
  }

  /** Each thread does one task after the other. */
  async measure(millis: number): Promise<Answer> {
    const started = performance.now()
    const totals = { tasks: 0, waitMillis: 0, holdMillis: 0 }
    const loop = async () => {
      while (performance.now() - started < millis) {
        const { waitMillis, holdMillis } = await this.#executor.run(this.#order.times, { name: 'work' })
        totals.tasks++
        totals.waitMillis += waitMillis
        totals.holdMillis += holdMillis
      }
    }
    await Promise.all(Array.from({ length: this.#order.each.threads }, loop))
    const { tasks } = totals
    return {
      kind: 'measured',
      tasks,
      seconds: (performance.now() - started) / 1000,
      waitMillis: totals.waitMillis / tasks,
      holdMillis: totals.holdMillis / tasks,
    }
  }

  async close(): Promise<void> {
    await this.#executor.close()
    await this.#broker.close()
  }
}

/** Until the threads are there. */
const WARM_UP_MILLIS = 300

let subject: Subject | undefined

process.on('message', async (order: Order) => process.send!(await answerTo(order)))
process.once('disconnect', () => process.exit())

async function answerTo(order: Order): Promise<Answer> {
  if (order.kind === 'prepare') {
    subject = new Subject(order)
    await subject.measure(WARM_UP_MILLIS)
    return { kind: 'ready' }
  }
  if (order.kind === 'measure') return subject!.measure(order.millis)
  await subject!.close()
  return { kind: 'closed' }
}
