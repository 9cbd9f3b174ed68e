/** A thread that stops for good between two steps of taking a socket, and says so. */
import { parentPort, workerData } from 'node:worker_threads'
import { withConnection } from '@pglease/client'
import { SessionCell } from '@pglease/client/internal'

const stop = () => {
  parentPort.postMessage('there')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

const { claimDescriptor, adoptDescriptor } = SessionCell.prototype

const ways = {
  'before it has claimed the descriptor'() {
    SessionCell.prototype.claimDescriptor = stop
  },
  'behind that'() {
    SessionCell.prototype.claimDescriptor = function () {
      Reflect.apply(claimDescriptor, this, [])
      stop()
    }
  },
  'when a socket has it'() {
    SessionCell.prototype.adoptDescriptor = stop
  },
  'when it has told so'() {
    SessionCell.prototype.adoptDescriptor = function () {
      Reflect.apply(adoptDescriptor, this, [])
      stop()
    }
  },
}

ways[workerData]()
await withConnection((client) => client.query('SELECT 1')).catch(() => {})
