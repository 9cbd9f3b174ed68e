import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'

/** The packages of the CommonJS modules that are loaded by the import of another. */
async function loadedBy(specifier: string): Promise<Set<string>> {
  const code = `const { parentPort, workerData } = require('node:worker_threads')
    import(workerData).then(() => parentPort.postMessage(Object.keys(require('node:module')._cache)))`
  const thread = new Worker(code, { eval: true, workerData: import.meta.resolve(specifier) })
  const [files]: string[][] = await once(thread, 'message')
  await thread.terminate()
  return new Set(files!.map((file) => /.*node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/.exec(file)![1]!))
}

test('the import of the broker loads what pg loads, and nothing that an executor needs', async () => {
  const [broker, pg] = await Promise.all([loadedBy('../../lib/index.js'), loadedBy('pg')])
  expect(pg).toContain('pg-protocol')
  expect(broker).toEqual(pg)
})
