import { MessagePort } from 'node:worker_threads'

/** A thread has its parent, a control port, Piscina's, and a few that come and go. */
const MOST_PORTS = 9

/** The ports that anything in this thread has posted to, the one used last at the end. */
const ports = new Set<MessagePort>()

/** From here on. @param except what the fuzzing itself needs. */
export function capturePorts(...except: MessagePort[]): void {
  const { postMessage } = MessagePort.prototype
  MessagePort.prototype.postMessage = function (this: MessagePort, ...values: unknown[]) {
    if (!except.includes(this) && !isOfNode(values[0])) remember(this)
    return Reflect.apply(postMessage, this, values)
  }
}

export function capturedPort(at: number): MessagePort | undefined {
  return [...ports][at % ports.size]
}

/** What a thread prints goes by a port of Node's own: whoever posts anything else there ends the process, and Node says so. */
function isOfNode(message: unknown): boolean {
  const { type }: { type?: unknown } = Object(message)
  return type === 'stdioPayload' || type === 'stdioWantsMoreData'
}

function remember(port: MessagePort): void {
  ports.delete(port)
  ports.add(port)
  const [oldest] = ports
  if (ports.size > MOST_PORTS && oldest !== undefined) ports.delete(oldest)
}
