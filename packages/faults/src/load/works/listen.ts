import { wrong } from '../plan.js'
import type { Work } from './work.js'

/** Hears what it tells itself, and nothing else. */
export const listen: Work = {
  name: 'listen',
  weight: 2,
  phases: ['listening'],
  rows: 0,
  async run({ db, id, steps }) {
    const channel = `task_${id}`
    const heard: string[] = []
    const hear = ({ channel: from, payload }: { channel: string; payload?: string | undefined }) =>
      void heard.push(`${from}: ${payload}`)
    db.on('notification', hear)
    try {
      await db.query(`LISTEN ${channel}`)
      await steps.at('listening')
      await db.query('SELECT pg_notify($1, $2)', [channel, 'first'])
      await db.query(`NOTIFY ${channel}, 'second'`)
      // Comes in front of an answer at the latest.
      await db.query('SELECT 1')
    } finally {
      db.off('notification', hear)
    }
    const expected = ['first', 'second'].map((payload) => `${channel}: ${payload}`)
    if (heard.join() !== expected.join()) throw wrong(`${channel} has heard ${JSON.stringify(heard)}`)
    return heard.length
  },
  expected: () => 2,
}
