import pg, { type ClientBase } from 'pg'
import { EARTH_RADIUS_KM } from './tour/index.js'

/** How the demo knows its own schema again, and leaves alone one that is not. */
const MARK = 'Made by the demo of pglease, which replaces it in each run.'

const INSUFFICIENT_PRIVILEGE = '42501'

const TABLES = `
  create schema pglease_demo;
  comment on schema pglease_demo is '${MARK}';
  create table pglease_demo.cities (
    id integer primary key,
    country text not null,
    name text not null,
    population bigint not null,
    longitude double precision not null,
    latitude double precision not null
  );
  create table pglease_demo.tours (
    country text primary key,
    kilometres_before double precision not null,
    kilometres_after double precision not null
  );
  create table pglease_demo.stops (
    country text not null references pglease_demo.tours,
    position integer not null,
    city_id integer not null references pglease_demo.cities,
    primary key (country, position)
  );
  create function pglease_demo.kilometres(
    longitude1 double precision, latitude1 double precision, longitude2 double precision, latitude2 double precision
  ) returns double precision language sql immutable as $haversine$
    select 2 * ${EARTH_RADIUS_KM} * asin(least(1, sqrt(
      sin(radians(latitude2 - latitude1) / 2) ^ 2
      + cos(radians(latitude1)) * cos(radians(latitude2)) * sin(radians(longitude2 - longitude1) / 2) ^ 2
    )))
  $haversine$`

/**
 * Makes the demo's schema, anew if an earlier run left one.
 * @throws Error when a schema of that name is somebody else's, or the user may not make it
 */
export async function createSchema(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ mark: string | null }>(
    `select obj_description(oid, 'pg_namespace') as mark from pg_namespace where nspname = 'pglease_demo'`,
  )
  if (rows[0] !== undefined && rows[0].mark !== MARK) {
    throw new Error(
      "The database has a schema pglease_demo that is not the demo's: rename it, or use another database.",
    )
  }
  try {
    await client.query(`begin; drop schema if exists pglease_demo cascade; ${TABLES}; commit`)
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== INSUFFICIENT_PRIVILEGE) throw error
    throw new Error(`${error.message}: use a role that may create the schema pglease_demo in this database.`)
  }
}

/** Removes what `createSchema` made. */
export async function dropSchema(client: ClientBase): Promise<void> {
  await client.query('drop schema if exists pglease_demo cascade')
}
