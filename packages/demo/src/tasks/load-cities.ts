import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { TaskContext } from '@pglease/client'
import { from as copyFrom } from 'pg-copy-streams'

export interface CountrySize {
  readonly country: string
  readonly cities: number
}

/** Fills the table of cities, of the chosen countries or of all, and tells the countries' sizes, largest first. */
export async function loadCities(
  countries: readonly string[] | undefined,
  { db }: TaskContext,
): Promise<CountrySize[]> {
  // Imported here, for the other threads have no use for the 135,000 objects that it makes.
  const { CITY_COLUMNS, copyRows } = await import('../cities.js')
  const copy = db.query(copyFrom(`copy pglease_demo.cities (${CITY_COLUMNS}) from stdin`))
  await pipeline(Readable.from(copyRows(countries)), copy)
  await db.query('create index on pglease_demo.cities (country)')
  await db.query('analyze pglease_demo.cities')
  const { rows } = await db.query<CountrySize>(`
    select country, count(*)::int as cities from pglease_demo.cities group by country order by cities desc, country`)
  return rows
}
