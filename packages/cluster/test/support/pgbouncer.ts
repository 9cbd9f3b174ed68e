import { inject, onTestFinished } from 'vitest'
import { type MODES, PgBouncer } from '../../../broker/test/support/pgbouncer.js'

export { isInstalled, whereInstalled } from '../../../broker/test/support/pgbouncer.js'

interface Options {
  readonly mode: (typeof MODES)[number]
  readonly poolSize: number
}

/** One before the server of the tests, with TLS on both sides, until the test ends. */
export async function startPgBouncer(url: string, options: Options): Promise<PgBouncer> {
  const bouncer = await PgBouncer.start(url, { ...options, certificate: inject('certificate') })
  onTestFinished(() => bouncer.stop())
  return bouncer
}
