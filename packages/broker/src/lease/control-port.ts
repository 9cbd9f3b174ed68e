import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { ForbiddenCallError } from '@pglease/client'
import {
  type BrokerControl,
  CONTROL_METHODS,
  expose,
  isPort,
  keepErrorsWhole,
  toWire,
} from '@pglease/client/internal'
import { closeBrought } from '../common/brought.js'

/** A call of Comlink's, as far as it is looked at here. */
interface CallMessage {
  id?: unknown
  type?: unknown
  path?: unknown
  argumentList?: unknown
}

interface AllowedCall extends CallMessage {
  path: [string]
  argumentList: { value: unknown }[]
}

/** Comlink's are shorter. What is sent back with the answer is no more than that. */
const LONGEST_ID = 64

/** No method takes more. */
const MOST_ARGUMENTS = 3

/**
 * Serves the control methods on a thread's port. Comlink alone would let the thread walk any property path of what is
 * exposed, `constructor` and all: here only calls of the named methods, with plain arguments, come through to it. Anything
 * else is refused, where it can be answered, and told to `onBreach`.
 * @returns reads what has come and waits for its turn.
 */
export function serveControl(
  control: BrokerControl,
  port: MessagePort,
  onBreach: (what: string) => void,
): () => void {
  keepErrorsWhole()
  const methods = Object.assign(Object.create(null), control) as BrokerControl
  let receive: (data: unknown) => void = () => {}
  const guarded = {
    addEventListener(_type: string, listener: (event: { data: CallMessage }) => void) {
      receive = (data) => {
        if (isAllowed(data)) {
          listener({ data })
          return closeBrought(data, usedBy(data))
        }
        refuse(port, data)
        closeBrought(data)
        onBreach('something to its control port that is no call of the broker')
      }
      port.on('message', receive)
    },
    removeEventListener() {},
    postMessage: (message: unknown, transfer: never[]) => port.postMessage(message, transfer),
  }
  expose(methods, guarded as never)
  port.unref()
  return () => {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port))
      receive(next.message)
  }
}

function isAllowed(data: unknown): data is AllowedCall {
  if (!isAnswerable(data)) return false
  const { type, path, argumentList }: CallMessage = data
  const isCall = type === 'APPLY' && Array.isArray(path) && path.length === 1
  return isCall && (CONTROL_METHODS as string[]).includes(path[0]) && arePlain(path[0], argumentList)
}

/** Whether an answer can carry its id: not everything that can be posted here can be posted back. */
function isAnswerable(data: unknown): data is CallMessage & { id: string } {
  const { id }: CallMessage = Object(data)
  return typeof id === 'string' && id.length <= LONGEST_ID
}

/** No argument may be one that Comlink revives: a proxy, or an error to throw. */
function arePlain(method: string, values: unknown): boolean {
  if (!Array.isArray(values) || values.length > MOST_ARGUMENTS) return false
  // Of an array with holes `every` would see nothing.
  if (!Array.from(values).every((value) => value?.type === 'RAW')) return false
  return method !== 'serveLeases' || isPort(values[0]?.value)
}

/** Of what the call brings. */
function usedBy({ path, argumentList }: AllowedCall): object | undefined {
  return path[0] === 'serveLeases' ? (argumentList[0]!.value as object) : undefined
}

/** Answers as Comlink does when a call throws. */
function refuse(port: MessagePort, data: unknown): void {
  if (!isAnswerable(data)) return
  const error = new ForbiddenCallError(
    `The broker's control port answers calls of ${CONTROL_METHODS.join(', ')} only, with their arguments.`,
  )
  port.postMessage({ id: data.id, type: 'HANDLER', name: 'throw', value: toWire(error) })
}
