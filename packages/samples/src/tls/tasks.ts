import type { TaskContext } from '@pglease/client'

export async function isSecure(name: string, { database }: TaskContext) {
  const { rows } = await database(name).query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')
  return rows[0].ssl as boolean
}
