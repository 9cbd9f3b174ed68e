/** Tasks that post what no thread should, over ports that are not theirs. */
import { MessagePort } from 'node:worker_threads'

/** The ports that anything in this thread has posted to. */
const ports = new Set()
const { postMessage } = MessagePort.prototype
MessagePort.prototype.postMessage = function (...values) {
  ports.add(this)
  return Reflect.apply(postMessage, this, values)
}

const post = (port, ...values) => Reflect.apply(postMessage, port, values)

/** The first task of a thread: Piscina answers it by its own port, the last one used. */
export function warmsUp() {}

/** Over Piscina's port. */
export async function answersGarbage({ garbage, times }) {
  const port = [...ports].at(-1)
  for (let count = 0; count < times; count++) post(port, garbage)
  await new Promise((resolve) => setTimeout(resolve, 1e6))
}

/** Over its own progress port. */
export async function reportsGarbage({ garbage, times }, { reportProgress }) {
  ports.clear()
  reportProgress('begun')
  const [port] = ports
  for (let count = 0; count < times; count++) post(port, garbage)
  return 'over'
}

export const innocent = async (value, { db }) =>
  (await db.query('SELECT $1::int AS value', [value])).rows[0].value
