import type { LeaseOptions } from '@pglease/client'
import pg from 'pg'

type TransactionOptions = Pick<LeaseOptions, 'isolationLevel' | 'readOnly' | 'deferrable'>

/**
 * The statements that give a session these transaction options, where they differ from those it has; empty where they
 * do not. Settings, so that any reset undoes them.
 */
export function transactionSettings(wanted: TransactionOptions, has: TransactionOptions = {}): string[] {
  const statements: string[] = []
  const set = (name: string, value: unknown, current: unknown) => {
    if (value !== undefined && value !== current)
      statements.push(`SET ${name} = ${pg.escapeLiteral(String(value))}`)
  }
  set('default_transaction_isolation', wanted.isolationLevel, has.isolationLevel)
  set('default_transaction_read_only', wanted.readOnly, has.readOnly)
  set('default_transaction_deferrable', wanted.deferrable, has.deferrable)
  return statements
}

/** The statements that would give a fresh session the settings and the role that this one has been given since it began. */
export async function settingsOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    `select name, current_setting(name) as setting from pg_settings where source = 'session'
     union all select 'role', current_setting('role') where current_setting('role') <> 'none'`,
  )
  return rows.map(({ name, setting }) => `SET ${pg.escapeIdentifier(name)} = ${listOrLiteral(name, setting)}`)
}

/** These hold lists of identifiers, quoted already: as one literal they would name one thing. */
const LISTS = new Set([
  'search_path',
  'temp_tablespaces',
  'session_preload_libraries',
  'local_preload_libraries',
  'DateStyle',
  'datestyle',
])

function listOrLiteral(name: string, setting: string): string {
  return LISTS.has(name) && setting !== '' ? setting : pg.escapeLiteral(setting)
}
