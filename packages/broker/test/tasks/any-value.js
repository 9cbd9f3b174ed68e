/** Tasks that hand on what they are given, in each way that there is. */
import { MessageChannel, parentPort, threadId } from 'node:worker_threads'

export const returns = (value) => value

export function throws(value) {
  throw value
}

export const rejects = (value) => Promise.reject(value)

export function reports(value, { reportProgress }) {
  reportProgress(value)
}

export function posts(value) {
  parentPort.postMessage(value)
}

export function postsPort() {
  const { port2 } = new MessageChannel()
  parentPort.postMessage({ '@pglease/attach': port2, threadId, token: 'mine' }, [port2])
}
