import { Pool } from '@pglease/client'
import { Kysely, PostgresDialect } from 'kysely'
import Cursor from 'pg-cursor'

export interface Tables {
  city: { id: number; task: number; name: string }
}

export const kysely = new Kysely<Tables>({
  dialect: new PostgresDialect({ pool: new Pool(), cursor: Cursor }),
})
