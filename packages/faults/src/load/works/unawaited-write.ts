import type { Work } from './work.js'

/** Sends a statement that nobody waits for: the lease is not over before it is answered. */
export const unawaitedWrite: Work = {
  name: 'unawaited write',
  weight: 2,
  phases: ['committing'],
  rows: 1,
  leavesQuery: true,
  async run({ db, id, steps }) {
    await steps.sends(db.query('INSERT INTO ledger (task) VALUES ($1)', [id]))
    return 'sent'
  },
  expected: () => 'sent',
}
