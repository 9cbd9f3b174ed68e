import type { LeasedClient } from '@pglease/client'
import Cursor from 'pg-cursor'
import type { Random } from '../../common/random.js'
import { wrong } from '../plan.js'
import type { Work } from './work.js'

/** Rows in portions, most of which nobody reads. */
export const cursor: Work = {
  name: 'cursor',
  weight: 2,
  phases: ['reading a cursor'],
  rows: 0,
  async run({ db, random, steps }) {
    const portions = pick(random)
    const loss = lossOf(db)
    const source = db.query(new Cursor<{ n: number }>('SELECT n FROM generate_series(0, 499) AS n'))
    for (let portion = 0; portion < portions; portion++) {
      const rows = await source.read(40)
      await steps.at('reading a cursor')
      rows.forEach(({ n }, at) => {
        if (n !== portion * 40 + at) throw wrong(`A cursor's row ${portion * 40 + at} is ${n}`)
      })
    }
    // The promise of a cursor's close stays open for ever when its connection is lost, of pg's own as well.
    await Promise.race([source.close(), loss])
    return portions
  },
  expected: pick,
}

function pick(random: Random): number {
  return 1 + random.below(5)
}

function lossOf(db: LeasedClient): Promise<never> {
  const loss = new Promise<never>((_, reject) => {
    db.once('error', reject)
    // Of a lease that is aborted.
    db.once('end', () => reject(new Error('Connection terminated unexpectedly')))
  })
  loss.catch(() => {})
  return loss
}
