/** Waits for the loops to have turned, and posts what is left of that. */
import { getEventListeners } from 'node:events'
import { parentPort } from 'node:worker_threads'
import { loopsTurned } from '../../dist/lease/loops-turned.js'

let warnings = 0
process.on('warning', () => warnings++)
const { signal } = new AbortController()
await loopsTurned(20, signal)
const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
parentPort.postMessage({ warnings, timers, listeners: getEventListeners(signal, 'abort').length })
