import { deepEqual, equal } from 'node:assert/strict'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

const path = join(mkdtempSync(join(tmpdir(), 'pglease-')), 'out.tsv')

// #region batch
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

async function* cities() {
  const pool = broker.pool()
  let last = 0 // page by page: no connection is held between two of them
  for (;;) {
    const text = 'SELECT id, name FROM city WHERE id > $1 ORDER BY id LIMIT 1000'
    const { rows } = await pool.query(text, [last])
    if (rows.length === 0) return
    yield* rows
    last = rows.at(-1).id
  }
}

const settled = executor.mapSettled(cities(), { name: 'letters', ordered: false })
await pipeline(settled, toLines, createWriteStream(path))

async function* toLines(tasks: typeof settled) {
  for await (const task of tasks) {
    if (task.status === 'fulfilled') yield `${task.index}\t${task.value}\n`
    else console.error(task.index, task.reason)
  }
}
// #endregion batch
equal(readFileSync(path, 'utf8').split('\n').length - 1, 5)

await executor.close()
await broker.close()
