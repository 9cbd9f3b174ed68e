/** A plain thread that posts what it was given. */
import { parentPort, workerData } from 'node:worker_threads'

parentPort.postMessage(workerData)
