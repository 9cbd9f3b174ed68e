import type { Random } from '../../common/random.js'
import { ACCOUNTS } from '../schema.js'
import type { Work } from './work.js'

/** Moves an amount from one account to another, in a transaction that also writes the ledger. */
export const transfer: Work = {
  name: 'transfer',
  weight: 6,
  phases: ['in a transaction', 'committing', 'committed'],
  rows: 1,
  async run({ db, id, random, steps }) {
    const { giver, taker, amount } = pick(random)
    await db.query('BEGIN')
    // In the order of the accounts, so that no two wait for each other.
    for (const account of [giver, taker].sort((one, other) => one - other)) {
      const change = account === giver ? -amount : amount
      await db.query('UPDATE account SET balance = balance + $2 WHERE id = $1', [account, change])
      await steps.at('in a transaction')
    }
    await db.query('INSERT INTO ledger VALUES ($1, $2, $3, $4)', [id, giver, taker, amount])
    await steps.commits(() => db.query('COMMIT'))
    return amount
  },
  expected: (random) => pick(random).amount,
}

function pick(random: Random): { giver: number; taker: number; amount: number } {
  const giver = random.below(ACCOUNTS)
  const taker = (giver + 1 + random.below(ACCOUNTS - 1)) % ACCOUNTS
  return { giver, taker, amount: 1 + random.below(100) }
}
