import { isWorkerThread, move, workerData } from 'piscina'

export const whereAmI = () => ({ isWorkerThread, workerData })

/** Fills the buffer that was moved here and moves it back; `kept` shows that none was copied. */
let kept
export function fills(buffer) {
  kept = buffer
  new Uint8Array(buffer).fill(7)
  return move(buffer)
}
export const keeps = () => kept.byteLength

export const takesPort = async ({ port }) => {
  port.postMessage('from the task')
  port.close()
}
