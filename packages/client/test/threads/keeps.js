/** A thread that ends one lease after another, the next always as long in milliseconds as there were before it. */
import { workerData } from 'node:worker_threads'
import { SessionCell } from '@pglease/client/internal'

const { memory, leases } = workerData
const cell = new SessionCell(memory)
for (let number = 0; number < leases; number++) {
  // As long as nobody reads there is no room.
  while (!cell.mayKeep);
  cell.keep(number, false)
  cell.reopen()
}
