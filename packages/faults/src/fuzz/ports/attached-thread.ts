/** A thread, attached to the broker, that plays scripts. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type MessagePort, workerData } from 'node:worker_threads'
import { withConnection } from '@pglease/client'
import { capturePorts } from './captured-ports.js'
import { play } from './player.js'
import type { Script } from './script.js'

export interface AttachedThreadData {
  readonly scripts: readonly Script[]
  /** Where a script is written before it is played: should the process end, that is the one. */
  readonly trace: string
  /** Told `played` behind each script, and answered once the main thread has had its turn; then told `done`. */
  readonly port: MessagePort
}

const { scripts, trace, port } = workerData as AttachedThreadData
capturePorts(port)
// So that the library's own ports can be had as well.
await withConnection((client) => client.query('SELECT 1')).catch(() => {})
for (const script of scripts) {
  writeFileSync(trace, JSON.stringify(script))
  await play(script)
  port.postMessage('played')
  await once(port, 'message')
}
port.postMessage('done')
port.close()
