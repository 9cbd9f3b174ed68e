/** A plain thread that gives another number for its own, and posts garbage to its control port. */
import { getEnvironmentData, MessageChannel, parentPort } from 'node:worker_threads'

const { port1, port2 } = new MessageChannel()
const token = getEnvironmentData('@pglease/token')
parentPort.postMessage({ '@pglease/attach': port2, threadId: 123_456, token }, [port2])
port1.postMessage('garbage')
port1.on('close', () => {})
