import { inspect } from 'node:util'
import type { MessagePort } from 'node:worker_threads'
import { ForbiddenCallError } from '@pglease/client'
import { type BrokerControl, CONTROL_METHODS, keepErrorsWhole, toWire } from '@pglease/client/internal'
import { expose } from 'comlink'

/** A message of Comlink, as far as it is looked at here. */
interface CallMessage {
  id?: unknown
  type?: unknown
  path?: unknown
  argumentList?: unknown
}

/**
 * Serves the control methods on a thread's port. Comlink alone would let the thread walk any property path of what is
 * exposed, `constructor` and all: here only calls of the named methods, with plain arguments, come through to it.
 */
export function serveControl(control: BrokerControl, port: MessagePort): void {
  keepErrorsWhole()
  const methods = Object.assign(Object.create(null), control) as BrokerControl
  const guarded = {
    addEventListener(_type: string, listener: (event: { data: CallMessage }) => void) {
      port.on('message', (data: unknown) => {
        if (isAllowed(data)) listener({ data })
        else refuse(port, data)
      })
    },
    removeEventListener() {},
    postMessage: (message: unknown, transfer: never[]) => port.postMessage(message, transfer),
  }
  expose(methods, guarded as never)
  port.unref()
}

function isAllowed(data: unknown): data is CallMessage {
  const { type, path, argumentList }: CallMessage = Object(data)
  const isCall = type === 'APPLY' && Array.isArray(path) && path.length === 1
  return isCall && (CONTROL_METHODS as string[]).includes(path[0]) && isPlain(argumentList)
}

/** No argument may be one that Comlink revives: a proxy, or an error to throw. */
function isPlain(values: unknown): boolean {
  return Array.isArray(values) && values.every((value) => value?.type === 'RAW')
}

/** Answers as Comlink does when a call throws. */
function refuse(port: MessagePort, data: unknown): void {
  const { id, type, path }: CallMessage = Object(data)
  const error = new ForbiddenCallError(
    `The broker's control port answers calls of ${CONTROL_METHODS.join(', ')} only, not ${inspect({ type, path })}.`,
  )
  port.postMessage({ id, type: 'HANDLER', name: 'throw', value: toWire(error) })
}
