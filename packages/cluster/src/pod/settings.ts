import { hostname } from 'node:os'
import { readWhole, UsageError } from '@pglease/commands'
import { checkUrl } from '@pglease/demo/parts'
import type { MemberSettings } from '../member/messages.js'
import { OWN_SCHEMA } from '../supervisor/schemas.js'

export interface PodSettings extends MemberSettings {
  /** Of its readiness. */
  readonly port: number
}

/** What the names of pods' connections begin with. */
export const PODS = 'pglease cluster pod '

/** `application_name` has at most 63 bytes. */
const MOST_NAME = 63 - PODS.length

/** @throws UsageError that says in one line what is wrong with the environment */
export function readEnvironment(env: NodeJS.ProcessEnv): PodSettings {
  const connectionString = env.DATABASE_URL
  if (connectionString === undefined) throw new UsageError('DATABASE_URL says where the database is.')
  checkUrl(connectionString, 'DATABASE_URL')
  const whole = (name: string, least: number, most: number) =>
    readWhole(name, env[name] || undefined, { least, most })
  return {
    connectionString,
    // The end of it tells pods of one deployment from each other.
    name: `${PODS}${(env.POD_NAME || hostname()).slice(-MOST_NAME)}`,
    number: 0,
    threads: whole('THREADS', 1, 256) ?? 1,
    connections: whole('CONNECTIONS', 2, 1000) ?? 3,
    limitMillis: 1000 * (whole('LIMIT_SECONDS', 1, 86_400) ?? 600),
    schema: env.QUEUE_SCHEMA || OWN_SCHEMA,
    isPooledByTransaction: env.TRANSACTION_POOLING === 'true',
    port: whole('PORT', 0, 65_535) ?? 8080,
  }
}
