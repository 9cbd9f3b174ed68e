/** Does one thing with a broker, and closes nothing: says when that is done, and when it ends, how many connections there are. */
import { writeSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { ConnectionBroker } from '@pglease/broker'

const [what, options] = process.argv.slice(2)
// Whatever held the process would hold it for ever.
const database = { idleTimeoutMillis: 0, connectionTimeoutMillis: 0, ...JSON.parse(options) }
const broker = new ConnectionBroker({ databases: { default: database } })
const query = (client) => client.query('SELECT 1')

const things = {
  ready: () => broker.ready(),
  lease: () => broker.withConnection(query),
  leaseInVain: () => broker.withConnection(query).catch(() => {}),
  async leaseAndReset() {
    await broker.withConnection(query)
    while (broker.stats().default.idle === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  },
  async attach() {
    const worker = new Worker('', { eval: true })
    broker.attach(worker)
    await new Promise((resolve) => worker.once('exit', resolve))
  },
  secondLease: () =>
    broker.withConnection(async (client) => {
      const second = broker.withConnection(query)
      await query(client)
      client.release()
      await second
    }),
}

process.on('exit', () => writeSync(1, `ends with ${broker.stats().default.total}\n`))
await things[what]()
writeSync(1, 'done\n')
