// #region tasks
// tasks.ts, after
import type { TaskContext } from '@pglease/client'

export async function people(country: string, { db }: TaskContext) {
  const { rows } = await db.query('SELECT sum(people)::int AS people FROM city WHERE country = $1', [country])
  return rows[0].people
}

// #endregion tasks
import type { LeasedClient } from '@pglease/client'

// #region connect
export async function peopleAndCities(country: string, { withConnection }: TaskContext) {
  return withConnection(async (client) => ({
    people: await sum(client, country), // each a query on `client`
    cities: await count(client, country),
  }))
}
// #endregion connect

const sum = async (client: LeasedClient, country: string) =>
  (await client.query('SELECT sum(people)::int AS people FROM city WHERE country = $1', [country])).rows[0]
    .people

const count = async (client: LeasedClient, country: string) =>
  (await client.query('SELECT count(*)::int AS count FROM city WHERE country = $1', [country])).rows[0].count
