/** Tasks that tell which thread runs them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { threadId } from 'node:worker_threads'

export function here() {
  return threadId
}

/** Ends when so many of its kind run at a time. */
export async function meets({ cells, others }) {
  Atomics.add(cells, 0, 1)
  while (Atomics.load(cells, 0) < others) await sleep(1)
  return threadId
}

/** How much native code the thread has loaded, with a query behind it. */
export async function nativeLoads(name, { database }) {
  await database(name ?? 'default').query('SELECT 1')
  return globalThis.nativeLoads
}

export const environment = (name) => process.env[name]

/** Node's own modules that the thread has loaded, with a query behind it. */
export async function builtInModules(_, { db }) {
  await db.query('SELECT 1')
  return process.moduleLoadList.map((name) => name.replace('NativeModule ', ''))
}
