/** Tasks of the executor whose threads play scripts. */
import type { TaskContext } from '@pglease/client'
import { capturePorts } from './captured-ports.js'
import { play } from './player.js'
import type { Script } from './script.js'

capturePorts()

export async function playScript(script: Script, { db, reportProgress }: TaskContext): Promise<string> {
  // So that the library's own ports can be had as well.
  reportProgress('begun')
  await db.query('SELECT 1')
  await play(script)
  return 'played'
}

/** A task that has done nothing wrong. */
export async function innocent(value: number, { db }: TaskContext): Promise<number> {
  const { rows } = await db.query('SELECT $1::int + 1 AS next', [value])
  return rows[0].next
}
