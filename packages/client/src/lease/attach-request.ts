import { type MessagePort, threadId } from 'node:worker_threads'
import { isPort } from '../common/crossed.js'
import { bearsToken, threadToken } from '../common/thread-token.js'

/** A thread asks the broker for its control port by posting this to its parent. */
export interface AttachRequest {
  /** The broker's end of the control port. */
  '@pglease/attach': MessagePort
  threadId: number
  token: string
}

/** Undefined where the thread was started before there could be a broker. */
export function attachRequest(port: MessagePort): AttachRequest | undefined {
  const token = threadToken()
  return token === undefined ? undefined : { '@pglease/attach': port, threadId, token }
}

/** Of what a thread has posted to its parent. */
export function isAttachRequest(message: unknown): message is AttachRequest {
  if (!bearsToken(message)) return false
  const { '@pglease/attach': port, threadId: id } = message as Partial<AttachRequest>
  return isPort(port) && Number.isSafeInteger(id)
}
