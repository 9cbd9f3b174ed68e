/** Loaded into each thread before anything else. */
import { workerData } from 'node:worker_threads'
import { thrown } from './thread-ends.js'

throw thrown[workerData]()
