/** Tasks that leave something behind in the session of their lease, and one that looks for it. */

/**
 * All that a session has besides its connection. Of the functions, `last_value()` is the test's own. Of a setting that
 * Postgres does not know, RESET leaves the name with an empty value.
 */
const FINGERPRINT = `
  SELECT current_user AS current, session_user AS session, current_setting('role') AS role,
    now() <> statement_timestamp() AS "inTransaction",
    current_setting('transaction_isolation') AS isolation,
    nullif(current_setting('my.setting', true), '') AS "ownSetting",
    (SELECT json_agg(s ORDER BY name) FROM (SELECT name, setting FROM pg_settings WHERE source = 'session') s) AS settings,
    (SELECT json_agg(relname ORDER BY 1) FROM pg_class WHERE relnamespace = pg_my_temp_schema()) AS temporary,
    (SELECT json_agg(name ORDER BY 1) FROM pg_prepared_statements WHERE name NOT LIKE 'pglease: %') AS prepared,
    (SELECT json_agg(name ORDER BY 1) FROM pg_cursors WHERE name <> '') AS cursors,
    (SELECT json_agg(c ORDER BY 1) FROM pg_listening_channels() c) AS channels,
    (SELECT json_agg(objid ORDER BY 1) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks,
    last_value() AS sequence`

const fingerprint = async (db) => (await db.query(FINGERPRINT)).rows[0]

/** What the session is like, and which it is. */
export const looks = async (_input, { db }) => ({
  seen: await fingerprint(db),
  pid: (await db.query('SELECT pg_backend_pid() AS pid')).rows[0].pid,
})

/** Runs some SQL and leaves; tells what the session looked like then, or the error of looking. */
export async function leaves(statements, { db }) {
  for (const statement of statements) await db.query(statement).catch(() => {})
  return fingerprint(db).catch(({ code }) => code)
}

/** A query that speaks the protocol as it likes. */
const speaking = (speak) => ({
  submit: speak,
  handleRowDescription() {},
  handleDataRow() {},
  handlePortalSuspended() {},
  handleEmptyQuery() {},
  handleCommandComplete() {},
  handleCopyInResponse() {},
  handleCopyData() {},
  handleReadyForQuery() {},
  handleError() {},
})

const event = (emitter, name) => new Promise((resolve) => emitter.once(name, resolve))

const LONG_COPY = "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 100000)) TO STDOUT"

const speeches = {
  async 'a COPY in that has begun'(connection) {
    connection.query('COPY copied FROM STDIN')
    await event(connection, 'copyInResponse')
    connection.sendCopyFromChunk(Buffer.from('1\n2\nhalf a li'))
  },
  'a COPY in, data and all, sent ahead'(connection) {
    connection.query('COPY copied FROM STDIN')
    connection.sendCopyFromChunk(Buffer.from('1\n2\n'))
  },
  'a COPY out of which nothing was read'(connection) {
    connection.query(LONG_COPY)
  },
  'a COPY out that was half read'(connection) {
    connection.query(LONG_COPY)
    return event(connection, 'copyData')
  },
  'pipelined queries without their answers'(connection) {
    for (let number = 0; number < 50; number++) connection.query(`SELECT ${number}, pg_sleep(0.001)`)
  },
  'pipelined transactions without their answers'(connection) {
    for (let number = 0; number < 50; number++) connection.query('BEGIN; INSERT INTO copied VALUES (1)')
  },
  'a long query'(connection) {
    connection.query('SELECT pg_sleep(3600)')
  },
  'a long query behind many others'(connection) {
    for (let number = 0; number < 20; number++) connection.query('SELECT 1')
    for (let number = 0; number < 3; number++) connection.query('SELECT pg_sleep(3600)')
  },
  'a cursor without its Sync'(connection) {
    connection.parse({ text: 'SELECT generate_series(1, 1000)', name: 'unsynced' })
    connection.bind({ portal: 'half', statement: 'unsynced' })
    connection.execute({ portal: 'half', rows: 10 })
    connection.flush()
    return event(connection, 'portalSuspended')
  },
  'a failed message without its Sync'(connection) {
    connection.parse({ text: 'SELECT nonsense FROM nowhere' })
    connection.flush()
    return event(connection, 'errorMessage')
  },
  'a statement parsed and nothing more'(connection) {
    connection.parse({ text: 'SELECT 1', name: 'parsed' })
  },
  'half a message'(connection) {
    connection.stream.write(Buffer.from([0x51, 0, 0, 0, 99, 0x53]))
  },
  async 'half a COPY message'(connection) {
    connection.query('COPY copied FROM STDIN')
    await event(connection, 'copyInResponse')
    connection.stream.write(Buffer.from([0x64, 0, 0, 1, 0, 0x31]))
  },
  'a goodbye'(connection) {
    connection.end()
  },
}

export async function speaks(speech, { db }) {
  await db.query('SELECT 1')
  const spoken = new Promise((resolve) => {
    db.query(speaking((connection) => resolve(speeches[speech](connection))))
  })
  await spoken
  // What was spoken is posted by then.
  await new Promise(setImmediate)
}

export async function prepares([name, text], { db }) {
  return (await db.query({ name, text })).rows
}

export const listens = (channel, { db }) => db.query(`LISTEN ${channel}`).then(() => {})

/** Queries some more, and tells of what it was notified meanwhile. */
export async function hears(queries, { db }) {
  const heard = []
  db.on('notification', ({ channel }) => heard.push(channel))
  for (let number = 0; number < queries; number++) await db.query('SELECT 1')
  return heard
}
