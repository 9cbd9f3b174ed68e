import type pg from 'pg'

/** The tables and what is in them: the rows are functions of their numbers, so that every answer can be checked. */

export const ITEMS = 100_000

/** What the server stores as `amount` of item `id`. */
export function amountOf(id: number): number {
  return (id * 7919) % 100_003
}

const AMOUNT = '(id::bigint * 7919 % 100003)::int'

export const POINT_QUERY = 'SELECT id, name, amount FROM items WHERE id = $1'

/** Ten times the same item. The server takes milliseconds to find the order in which to join them. */
export const PLANNED_QUERY = `SELECT a.id, a.amount FROM items a ${Array.from(
  { length: 9 },
  (_, at) => `JOIN items t${at} ON t${at}.id = a.id`,
).join(' ')} WHERE a.id = $1`

export const WIDE_ROWS = 10_000
export const WIDE_QUERY = 'SELECT * FROM wide'

export const NARROW_QUERY = 'SELECT id, amount FROM narrow WHERE id BETWEEN $1 AND $2 ORDER BY id'

/** A line of the COPY cases: its number, then digits up to this many bytes with the line feed. */
export const LINE_BYTES = 100

/** Makes the tables that every case may read. */
export async function createTables(admin: pg.Client): Promise<void> {
  await admin.query(`
    CREATE TABLE items AS SELECT id, 'item ' || id AS name, ${AMOUNT} AS amount FROM generate_series(1, ${ITEMS}) id;
    ALTER TABLE items ADD PRIMARY KEY (id);
    CREATE TABLE wide AS
      SELECT id, ${AMOUNT} AS amount, id::bigint * 1000003 AS big, 'name of row ' || id AS name,
             md5(id::text) AS code, id % 3 = 0 AS flag, id / 7.0::float8 AS share,
             timestamptz '2024-01-01 00:00Z' + id * interval '1 minute' AS at
      FROM generate_series(1, ${WIDE_ROWS}) id;
    ANALYZE`)
}

/** A million narrow rows, or fewer. */
export async function createNarrow(admin: pg.Client, rows: number): Promise<void> {
  await admin.query(`
    DROP TABLE IF EXISTS narrow;
    CREATE UNLOGGED TABLE narrow AS SELECT id, ${AMOUNT} AS amount FROM generate_series(1, ${rows}) id;
    ALTER TABLE narrow ADD PRIMARY KEY (id);
    ANALYZE narrow`)
}

/** Lines of `LINE_BYTES` each in the text format of COPY, and an empty table to copy to. */
export async function createLines(admin: pg.Client, lines: number): Promise<void> {
  await admin.query(`
    DROP TABLE IF EXISTS lines, arrivals;
    CREATE UNLOGGED TABLE lines AS
      SELECT rpad(lpad(id::text, 10, '0'), ${LINE_BYTES - 1}, md5(id::text)) AS line FROM generate_series(1, ${lines}) id;
    CREATE UNLOGGED TABLE arrivals (line text)`)
}
