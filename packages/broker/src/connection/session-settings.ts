import type { LeaseOptions } from '@pglease/client'
import { knownPg, once } from '@pglease/client/internal'
import type pg from 'pg'

type TransactionOptions = Pick<LeaseOptions, 'isolationLevel' | 'readOnly' | 'deferrable'>

/**
 * The statements that give a session these transaction options, where they differ from those it has; empty where they
 * do not. Settings, so that any reset undoes them.
 */
export function transactionSettings(wanted: TransactionOptions, has: TransactionOptions = {}): string[] {
  const statements: string[] = []
  const set = (name: string, value: unknown, current: unknown) => {
    if (value !== undefined && value !== current)
      statements.push(`SET ${name} = ${knownPg.escapeLiteral(String(value))}`)
  }
  set('default_transaction_isolation', wanted.isolationLevel, has.isolationLevel)
  set('default_transaction_read_only', wanted.readOnly, has.readOnly)
  set('default_transaction_deferrable', wanted.deferrable, has.deferrable)
  return statements
}

/**
 * The statements that undo `transactionSettings(wanted, has)` on a session that began with the statements `initial`.
 * They come on top of the reset, which may be one that keeps settings.
 */
export function undoTransactionSettings(
  wanted: TransactionOptions,
  has: TransactionOptions,
  initial: readonly string[],
): string[] {
  if (transactionSettings(wanted, has).length === 0) return []
  const names = ['isolation', 'read_only', 'deferrable'].map((name) => `default_transaction_${name}`)
  const own = initial.filter((statement) => names.some((name) => statement.includes(name)))
  return [...names.map((name) => `RESET ${name}`), ...own]
}

/**
 * The statements that would give a fresh session the settings and the role that this one has been given since it began.
 * @param custom names that may be custom settings: see `watchCustomSettings`.
 */
export async function settingsOf(client: pg.Client, custom: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    `select name, current_setting(name) as setting from pg_settings where source = 'session'
     union all select custom.name, current_setting(custom.name, true) from unnest($1::text[]) as custom (name)
     where current_setting(custom.name, true) is not null
       and not exists (select from pg_settings where lower(pg_settings.name) = lower(custom.name))
     union all select 'role', current_setting('role') where current_setting('role') <> 'none'`,
    [custom],
  )
  // Not SET, which takes a list of names apart.
  return rows.map(
    ({ name, setting }) =>
      `SELECT pg_catalog.set_config(${knownPg.escapeLiteral(name)}, ${knownPg.escapeLiteral(setting)}, false)`,
  )
}

/** A name with a dot, as custom settings have. No literal, which would be read when this module is loaded, and that takes long. */
const customName = once(() => {
  const word = '[\\p{L}_][\\p{L}\\p{N}_$]*'
  return new RegExp(`${word}(?:\\.${word})+`, 'gu')
})

/**
 * Notes, until the returned function is called, every name in the client's queries that may be a custom setting: the
 * server has no list of those that a session has been given. Names that are something else do no harm.
 */
export function watchCustomSettings(client: pg.Client): () => string[] {
  const names = new Set<string>()
  const query = client.query
  client.query = ((...call: unknown[]) => {
    const [config] = call as [{ text?: unknown; values?: unknown[] } | string]
    const [text, own] = typeof config === 'object' ? [config.text, config.values ?? []] : [config, []]
    for (const each of [text, ...own, ...(Array.isArray(call[1]) ? call[1] : [])])
      for (const [name] of String(each).matchAll(customName())) names.add(name)
    return Reflect.apply(query, client, call)
  }) as typeof client.query
  return () => {
    client.query = query
    return [...names]
  }
}
