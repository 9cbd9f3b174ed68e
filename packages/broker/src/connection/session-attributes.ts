import type pg from 'pg'
import { PassingError } from './passing-error.js'

/** As libpq has them: `target_session_attrs`, "Parameter Key Words" in its chapter of the PostgreSQL documentation. */
export const SESSION_ATTRIBUTES = [
  'any',
  'read-write',
  'read-only',
  'primary',
  'standby',
  'prefer-standby',
] as const

/** Which of several servers will do, as libpq has it: see docs/options.md. */
export type SessionAttributes = (typeof SESSION_ATTRIBUTES)[number]

export function isSessionAttributes(value: unknown): value is SessionAttributes {
  return SESSION_ATTRIBUTES.includes(value as SessionAttributes)
}

/** The settings that a server reports at the start of a session, by name. */
export type Reported = ReadonlyMap<string, string>

/**
 * What is asked for in each round through the hosts: for a standby if there is one, else for any.
 */
export function roundsOf(wanted: SessionAttributes): readonly Exclude<SessionAttributes, 'prefer-standby'>[] {
  return wanted === 'prefer-standby' ? ['standby', 'any'] : [wanted]
}

/**
 * Whether a new session is what is asked for, in libpq's words where it is not. From PostgreSQL 14 on the server reports what there
 * is to know; of an older one, and of a pooler that does not pass it on, it is asked.
 * @throws PassingError when it is not: another server may be promoted.
 */
export async function checkAttributes(
  client: pg.Client,
  reported: Reported,
  wanted: Exclude<SessionAttributes, 'prefer-standby'>,
): Promise<void> {
  switch (wanted) {
    case 'any':
      return
    case 'read-write':
      if (await isReadOnly(client, reported)) throw new PassingError('session is read-only')
      return
    case 'read-only':
      if (!(await isReadOnly(client, reported))) throw new PassingError('session is not read-only')
      return
    case 'primary':
      if (await isStandby(client, reported)) throw new PassingError('server is in hot standby mode')
      return
    case 'standby':
      if (!(await isStandby(client, reported))) throw new PassingError('server is not in hot standby mode')
      return
  }
}

/** Whether transactions are by default. */
async function isReadOnly(client: pg.Client, reported: Reported): Promise<boolean> {
  const [standby, readOnly] = [reported.get('in_hot_standby'), reported.get('default_transaction_read_only')]
  if (standby !== undefined && readOnly !== undefined) return standby === 'on' || readOnly === 'on'
  const { rows } = await client.query<{ transaction_read_only: string }>('SHOW transaction_read_only')
  return rows[0]?.transaction_read_only === 'on'
}

async function isStandby(client: pg.Client, reported: Reported): Promise<boolean> {
  const standby = reported.get('in_hot_standby')
  if (standby !== undefined) return standby === 'on'
  const { rows } = await client.query<{ is: boolean }>('SELECT pg_catalog.pg_is_in_recovery() AS is')
  return rows[0]?.is === true
}

/**
 * What an open connection is asked: a session that is what is wanted answers with one row, and one that is not any more, because
 * its server was promoted or is to be only read from, with none.
 * @param initialSettings of the session; where they make it read-only, the server alone is asked about.
 */
export function questionOf(wanted: SessionAttributes, initialSettings: readonly string[]): string {
  const isOwn = initialSettings.some((each) => each.includes('default_transaction_read_only'))
  switch (wanted) {
    case 'any':
    case 'prefer-standby':
      return 'SELECT 1'
    case 'read-write':
      return isOwn
        ? questionOf('primary', [])
        : "SELECT 1 WHERE pg_catalog.current_setting('transaction_read_only') = 'off'"
    case 'read-only':
      return "SELECT 1 WHERE pg_catalog.current_setting('transaction_read_only') = 'on'"
    case 'primary':
      return 'SELECT 1 WHERE NOT pg_catalog.pg_is_in_recovery()'
    case 'standby':
      return 'SELECT 1 WHERE pg_catalog.pg_is_in_recovery()'
  }
}
