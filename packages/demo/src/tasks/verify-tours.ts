import type { TaskContext } from '@pglease/client'

/** What rounding may make of two sums of the same 16,000 distances, and a millimetre for the shortest tours. */
const TOLERANCE = 'greatest(1e-6, kilometres_after * 1e-9)'

/**
 * The tours that are not what they should be, as Postgres sees it: each city of the country exactly once, no
 * other, and the length that the worker computed.
 */
const WRONG_TOURS = `
  with visits as (
    select stops.country, city_id, cities.country as city_country, longitude, latitude,
      coalesce(lead(longitude) over tour, first_value(longitude) over tour) as next_longitude,
      coalesce(lead(latitude) over tour, first_value(latitude) over tour) as next_latitude
    from pglease_demo.stops join pglease_demo.cities on cities.id = city_id
    window tour as (partition by stops.country order by position)
  ), visited as (
    select country, count(*) as visits, count(distinct city_id) as cities, bool_and(city_country = country) as at_home,
      sum(pglease_demo.kilometres(longitude, latitude, next_longitude, next_latitude)) as kilometres
    from visits group by country
  ), wanted as (
    select country, count(*) as cities from pglease_demo.cities group by country
  )
  select coalesce(wanted.country, tours.country) as country
  from wanted full join pglease_demo.tours using (country) left join visited using (country)
  where (wanted.cities = visited.visits and wanted.cities = visited.cities and at_home
    and abs(kilometres - kilometres_after) <= ${TOLERANCE}) is not true
  order by country`

/** The countries without a right tour; none when all is well. */
export async function verifyTours(_input: undefined, { db }: TaskContext): Promise<string[]> {
  const { rows } = await db.query<{ country: string }>(WRONG_TOURS)
  return rows.map((row) => row.country)
}
