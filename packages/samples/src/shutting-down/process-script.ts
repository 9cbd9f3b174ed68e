import { equal } from 'node:assert/strict'
import { mkdtempSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectionBroker, installShutdown, SharedPoolExecutor } from '@pglease/broker'

const broker = new ConnectionBroker({
  databases: { default: { connectionString: process.env.DATABASE_URL, max: 2 } },
})
const executor = new SharedPoolExecutor<typeof import('./tasks.js')>(broker, {
  filename: new URL('./tasks.js', import.meta.url),
  maxThreads: 2,
})
const path = join(mkdtempSync(join(tmpdir(), 'pglease-')), 'doubled.txt')
let taken = 0
function* jobs({ signal }: { signal: AbortSignal }) {
  for (let job = 0; !signal.aborted && job < 1e6; job++) {
    taken++
    yield job
    if (job === 20) process.kill(process.pid, 'SIGTERM')
  }
}
process.on('exit', (code) => {
  equal(code, 75)
  equal(readFileSync(path, 'utf8').split('\n').length - 1, taken)
  process.exitCode = 0
})

// #region script
const { signal } = installShutdown({ broker, executor, beforeClose: () => finished })
const finished = main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})

async function main() {
  const file = await open(path, 'w')
  for await (const doubled of executor.map(jobs({ signal }), { name: 'double' })) {
    await file.write(`${doubled}\n`)
  }
  await file.close()
  if (signal.aborted) process.exitCode = 75 // stopped half way: `script && next` must not go on
}
// #endregion script
await sleep(60_000)
