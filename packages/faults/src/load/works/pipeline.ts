import type { Random } from '../../common/random.js'
import { wrong } from '../plan.js'
import type { Work } from './work.js'

/** Queries that are sent at once, of which one fails. */
export const pipeline: Work = {
  name: 'pipeline',
  weight: 3,
  phases: ['querying', 'committing', 'committed'],
  rows: 1,
  options: { pipeline: true },
  async run({ db, id, random, steps }) {
    const { count, bad } = pick(random)
    const answers = Promise.allSettled(
      Array.from({ length: count }, (_, at) =>
        db.query('SELECT 100 / ($1::int - $2::int) AS value', [at, bad]),
      ),
    )
    await steps.during('querying', answers)
    ;(await answers).forEach((answer, at) => {
      if (at === bad) {
        if (answer.status === 'rejected' && answer.reason.code === '22012') return
        if (answer.status === 'rejected') throw answer.reason
        throw wrong('A division by zero has an answer')
      }
      if (answer.status === 'rejected') throw answer.reason
      if (answer.value.rows[0].value !== Math.trunc(100 / (at - bad)))
        throw wrong(`Query ${at} of a pipeline answers ${answer.value.rows[0].value}`)
    })
    await steps.commits(async () => {
      const written = db.query('INSERT INTO ledger (task) VALUES ($1)', [id])
      await Promise.all([written, db.query('SELECT 1')])
    })
    return count
  },
  expected: (random) => pick(random).count,
}

function pick(random: Random): { count: number; bad: number } {
  const count = 2 + random.below(20)
  return { count, bad: random.below(count) }
}
