import { openSsl } from '@pglease/client/internal'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import type { DatabaseOptions } from '../../src/connection/database-options.js'
import { openSession } from '../../src/connection/open-session.js'
import { readDatabase } from '../../src/connection/read-database.js'
import { mayPass } from '../../src/pool/connect-failure.js'
import { CUTS, type Cut, CuttingProxy } from '../support/cutting-proxy.js'
import { createTestDatabase } from '../support/database.js'
import { BOUND_MS } from '../support/until.js'

const database = await createTestDatabase()
const { cert: ca } = inject('certificate')

/** Only `tls.connect` follows it. */
const NODE_ONLY = { minDHSize: 1024 }

/** A prime, so that it falls everywhere into messages and records. 1 tries every byte, and takes minutes. */
const STEP = Number(process.env.PGLEASE_TEST_CUT_STEP ?? 131)

/** Of two starts, by their keys and signatures. */
const DIFFERENCE = 16

describe.each<[string, DatabaseOptions]>([
  ['in clear', { ssl: false }],
  ['with Node’s TLS', { ssl: { ca, ...NODE_ONLY } }],
  ['with Node’s TLS from the first byte', { ssl: { ca, ...NODE_ONLY }, sslnegotiation: 'direct' }],
  ...(openSsl() === undefined
    ? []
    : ([
        ['with TLS that threads can have', { ssl: { ca } }],
        ['with such TLS from the first byte', { ssl: { ca }, sslnegotiation: 'direct' }],
        ['with such TLS of version 1.2', { ssl: { ca, maxVersion: 'TLSv1.2' } }],
      ] satisfies [string, DatabaseOptions][])),
])('a start %s ends when its connection does, at whichever byte', (_how, options) => {
  let proxy: CuttingProxy
  const total = { server: 0, client: 0 }

  /** The error of a start, or undefined when it has come through. There is no limit that would end it. */
  async function start(): Promise<unknown> {
    const { connectionString } = proxy
    const hook = (client: { query(text: string): Promise<unknown> }) => client.query('SELECT 1')
    const settings = { connectionString, connectionTimeoutMillis: 0, onConnect: hook, ...options }
    const session = openSession(readDatabase('default', settings), new AbortController().signal)
    let timer: NodeJS.Timeout | undefined
    const vain = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`hangs: ${JSON.stringify(proxy.plan)}`)), BOUND_MS)
    })
    try {
      const { client } = await Promise.race([session, vain])
      client.connection.stream.destroy()
      return undefined
    } catch (error) {
      return error
    } finally {
      clearTimeout(timer)
    }
  }

  beforeAll(async () => {
    proxy = await CuttingProxy.start(database.connectionString)
    expect(await start()).toBeUndefined()
    Object.assign(total, proxy.passed)
    return () => proxy.close()
  })

  test.each(
    CUTS.flatMap((cut) =>
      (['server', 'client'] as const).map((from): [Cut, 'server' | 'client'] => [cut, from]),
    ),
  )('by a %s behind bytes of the %s', { timeout: 3_600_000 }, async (cut, from) => {
    for (let bytes = 0; bytes < total[from] - DIFFERENCE; bytes += STEP) {
      proxy.plan = { from, bytes, cut }
      const error = (await start()) as Error
      expect(error, `${cut} behind ${bytes} bytes`).toBeInstanceOf(Error)
      expect(error.message).not.toMatch('hangs')
      expect(mayPass(error), `${cut} behind ${bytes} bytes: ${error.stack}`).toBe(true)
    }
  })
})
