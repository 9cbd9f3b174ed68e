import { setTimeout as sleep } from 'node:timers/promises'
import { LINE_BYTES } from '../server/data.js'
import type { Access } from './access.js'
import { check } from './repeat.js'

/** In the shared cell, while nothing is read. */
export const PAUSED = 1
const RUNNING = 0

const PAUSE_MILLIS = 500

/** Reads a large COPY and stops in the middle: first the whole thread, as if it computed, then only the reading. */
export function pausedCopyOut(
  access: Access,
  { lines, copies, phase }: { lines: number; copies: number; phase: Int32Array },
): Promise<number> {
  return access.withConnection(async (connection) => {
    const expected = lines * copies * LINE_BYTES
    let bytes = 0
    const text = `COPY (SELECT line FROM generate_series(1, ${copies}), lines) TO STDOUT`
    for await (const chunk of connection.copyOut(text)) {
      const wasBefore = bytes < expected / 2
      bytes += chunk.byteLength
      if (wasBefore && bytes >= expected / 2) await stop(phase)
    }
    check(bytes === expected, `${bytes} bytes instead of ${expected}`)
    return bytes
  })
}

async function stop(phase: Int32Array): Promise<void> {
  Atomics.store(phase, 0, PAUSED)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MILLIS)
  await sleep(PAUSE_MILLIS)
  Atomics.store(phase, 0, RUNNING)
}
