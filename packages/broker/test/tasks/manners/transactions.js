/** Tasks that write in transactions. */

const write = (client, number) => client.query('INSERT INTO numbers VALUES ($1)', [number])

export const writes = (numbers, { withTransaction }) =>
  withTransaction(async (client) => {
    for (const number of numbers) await write(client, number)
  })

export const writesByItsClient = (numbers, { db }) =>
  db.withTransaction(async (client) => {
    for (const number of numbers) await client.withTransaction(() => write(client, number))
  })

export const writesAndSleeps = (_input, { withTransaction, reportProgress }) =>
  withTransaction(async (client) => {
    await write(client, 1)
    reportProgress('written')
    await client.query('SELECT pg_sleep(3600)')
  })
