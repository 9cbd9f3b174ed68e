import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from } from 'pg-copy-streams'
import type { Random } from '../../common/random.js'
import { wrong } from '../plan.js'
import { LINES_PER_COPY } from '../schema.js'
import type { Work } from './work.js'

/** Lines come in with the task's row in the ledger, or not at all. */
export const copyIn: Work = {
  name: 'copy in',
  weight: 2,
  phases: ['in a transaction', 'copying in', 'committing', 'committed'],
  rows: 1,
  async run({ db, id, random, steps }) {
    const width = pick(random)
    await db.query('BEGIN')
    await db.query('INSERT INTO ledger (task) VALUES ($1)', [id])
    await steps.at('in a transaction')
    const copy = db.query(from('COPY line FROM STDIN'))
    await pipeline(Readable.from(lines(id, width, () => steps.at('copying in'))), copy)
    if (copy.rowCount !== LINES_PER_COPY) throw wrong(`${copy.rowCount} lines were copied`)
    await steps.commits(() => db.query('COMMIT'))
    return width
  },
  expected: pick,
}

function pick(random: Random): number {
  return 1 + random.below(400)
}

async function* lines(id: number, width: number, halfway: () => Promise<void>): AsyncGenerator<string> {
  for (let number = 0; number < LINES_PER_COPY; number++) {
    if (number === LINES_PER_COPY / 2) await halfway()
    yield `${id}\t${number}\t${'x'.repeat(width)}\n`
  }
}
