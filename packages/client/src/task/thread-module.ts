import { pathToFileURL } from 'node:url'

/**
 * The URL of the module that an executor's threads run: it lies beside this one. It must lie beside a bundle, too, as
 * `worker.js` of Piscina must. A bundle that is CommonJS has no `import.meta.url`.
 */
export function taskThreadModule(): string {
  const here = typeof __filename === 'string' ? pathToFileURL(__filename).href : import.meta.url
  return new URL('./task-thread.js', here).href
}
