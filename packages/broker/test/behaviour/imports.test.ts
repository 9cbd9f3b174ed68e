import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'

interface Loaded {
  /** The packages of the CommonJS modules. */
  packages: Set<string>
  /** The modules of Node. */
  builtIn: string[]
  hasNavigator: boolean
}

/** What the import of another loads, in a thread that has loaded nothing yet. */
async function loadedBy(specifier: string): Promise<Loaded> {
  const code = `const { parentPort, workerData } = require('node:worker_threads')
    import(workerData).then(() => parentPort.postMessage({
      files: Object.keys(require('node:module')._cache),
      builtIn: process.moduleLoadList.map((name) => name.replace('NativeModule ', '')),
      hasNavigator: 'navigator' in globalThis,
    }))`
  const thread = new Worker(code, { eval: true, workerData: import.meta.resolve(specifier) })
  const [message] = await once(thread, 'message')
  const { files, ...loaded } = message as Omit<Loaded, 'packages'> & { files: string[] }
  await thread.terminate()
  const named = files.map((file) => /.*node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/.exec(file)?.[1])
  return { ...loaded, packages: new Set(named.filter((name) => name !== undefined)) }
}

test('the import of the broker loads what pg loads, and nothing that an executor or TLS needs', async () => {
  const [broker, pg] = await Promise.all([loadedBy('../../lib/index.js'), loadedBy('pg')])
  expect(pg.packages).toContain('pg-protocol')
  expect(broker.packages).toEqual(pg.packages)
  expect(broker.builtIn).toContain('net')
  expect(broker.builtIn).not.toContain('tls')
})

test('pg is loaded without fetch, and finds the globals as they were', async () => {
  const [broker, nothing] = await Promise.all([loadedBy('../../lib/index.js'), loadedBy('node:events')])
  expect(broker.builtIn).not.toContain('internal/deps/undici/undici')
  expect(broker.hasNavigator).toBe(nothing.hasNavigator)
})
