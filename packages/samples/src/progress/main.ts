import { deepEqual, equal } from 'node:assert/strict'
import { ConnectionBroker, SharedPoolExecutor } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 2 } },
})
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename: new URL('./tasks.js', import.meta.url),
  maxThreads: 2,
})

let last: unknown
// #region progress
await executor.run(
  { pages: 40 },
  {
    name: 'render',
    onProgress: ({ page, pages }: { page: number; pages: number }) => {
      last = page / pages
    },
  },
)
// #endregion progress
equal(last, 1)

const results: number[] = []
// #region map
async function* books() {
  for (let pages = 1; pages <= 100; pages++) yield { pages } // read as threads come free
}
for await (const pages of executor.map(books(), { name: 'render' })) results.push(pages)
// #endregion map
equal(results.length, 100)

const failed: number[] = []
// #region settled
const inputs = [{ pages: 3 }, { pages: 2000 }, { pages: 5 }]
for await (const task of executor.mapSettled(inputs, { name: 'render', ordered: false })) {
  if (task.status === 'rejected')
    failed.push(task.index) // and task.reason
  else console.log(inputs[task.index], task.value)
}
// #endregion settled
deepEqual(failed, [1])

await executor.close()
await broker.close()
