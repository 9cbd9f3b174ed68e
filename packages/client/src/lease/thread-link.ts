import { isMainThread, MessageChannel, type MessagePort, parentPort } from 'node:worker_threads'
import { NotAttachedError } from '../common/errors.js'
import { attachRequest } from './attach-request.js'
import { BrokerLink } from './broker-link.js'

let link: BrokerLink | undefined

/** The link of this thread, which asks for the broker when it is first needed. On the main thread there is none to be had. */
export function threadLink(): BrokerLink {
  link ??= new BrokerLink(askParent)
  return link
}

/** @throws NotAttachedError on the main thread, which has the broker itself. */
export function mustHaveParent(): MessagePort {
  if (isMainThread || parentPort === null)
    throw new NotAttachedError('This is the main thread: use broker.withConnection() or broker.pool() here.')
  return parentPort
}

/** Asks the parent's broker for a control port. */
function askParent(): MessagePort {
  const parent = mustHaveParent()
  const { port1, port2 } = new MessageChannel()
  const request = attachRequest(port2)
  if (request === undefined) port2.close()
  else parent.postMessage(request, [port2])
  return port1
}
