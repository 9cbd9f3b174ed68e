import type { TaskContext } from '@pglease/client'

// #region transfer
export async function transfer(
  { from, to, amount }: { from: number; to: number; amount: number },
  { withTransaction }: TaskContext,
) {
  await withTransaction(
    async (client) => {
      await client.query('UPDATE account SET balance = balance - $2 WHERE id = $1', [from, amount])
      await client.query('UPDATE account SET balance = balance + $2 WHERE id = $1', [to, amount])
    },
    { isolationLevel: 'serializable' },
  )
  // committed: now is the time for what must not happen twice, as a mail
}
// #endregion transfer

// #region savepoint
export async function book(
  { account, amounts }: { account: number; amounts: number[] },
  { db }: TaskContext,
) {
  return db.withTransaction(async (client) => {
    let booked = 0
    for (const amount of amounts) {
      const entry = () =>
        client.query('INSERT INTO entry (account, amount) VALUES ($1, $2)', [account, amount])
      // A savepoint: what fails in it costs nothing else.
      await client.withTransaction(entry).then(
        () => booked++,
        () => {},
      )
    }
    return booked
  })
}
// #endregion savepoint
