import { Pool } from '@pglease/client'
import PgBoss from 'pg-boss'

const pool = new Pool()
const executeSql = (text: string, values: unknown[]) => pool.query(text, values)

/** Migrations, maintenance and schedules are for one process: let the main thread or a deployment do them. */
export const boss = new PgBoss({
  db: { executeSql },
  migrate: false,
  supervise: false,
  schedule: false,
})
