import { deepEqual, equal, ok } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConnectionBroker, type DatabaseOptions, SharedPoolExecutor } from '@pglease/broker'

const connectionString = process.env.DATABASE_URL
const ca = process.env.DATABASE_CA
ok(connectionString && ca)
const caFile = join(tmpdir(), `pglease-samples-${process.pid}.crt`)
writeFileSync(caFile, ca)

// #region ca
const broker = new ConnectionBroker({
  databases: {
    default: {
      connectionString,
      max: 2,
      ssl: { ca }, // the certificate of the authority, as a text or a Buffer
    },
  },
})
const { rows } = await broker.withConnection((client) =>
  client.query('SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()'),
)
console.log(rows[0]) // { ssl: true, version: 'TLSv1.3' }
// #endregion ca
equal(rows[0].ssl, true)
await broker.close()

/** Each form that the page tells of: whether a session has TLS, or the code of what refuses it; and why it is relayed. */
const url = (parameters: string) => ({ connectionString: `${connectionString}?${parameters}` })
const forms: [DatabaseOptions, boolean | string, ('tls options' | undefined)?][] = [
  [{ connectionString }, false],
  [{ connectionString, ssl: false }, false],
  [{ connectionString, ssl: true }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [{ connectionString, ssl: { ca } }, true],
  [{ connectionString, ssl: { ca, servername: 'localhost' } }, true],
  [{ connectionString, ssl: { ca, servername: 'elsewhere.example' } }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [{ connectionString, ssl: { rejectUnauthorized: false } }, true],
  [{ connectionString, ssl: { ca, minVersion: 'TLSv1.3' } }, true],
  [{ connectionString, ssl: { ca, minDHSize: 2048 } }, true, 'tls options'],
  [{ connectionString, ssl: { ca }, sslnegotiation: 'direct' }, true],
  [{ connectionString, ssl: { ca }, enableChannelBinding: true }, true],
  [url('sslmode=disable'), false],
  [url('sslmode=no-verify'), true],
  [url('sslmode=require'), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [url(`sslmode=verify-full&sslrootcert=${caFile}`), true],
  [url('sslmode=require&uselibpqcompat=true'), true],
  [url(`sslmode=verify-ca&uselibpqcompat=true&sslrootcert=${caFile}`), true],
  [{ ...url('sslmode=no-verify'), ssl: { ca } }, true],
]
const each = forms.map(([options], at) => [`form ${at}`, { ...options, max: 1 }] as const)
const ofAll = new ConnectionBroker({ databases: Object.fromEntries(each) })
const executor = new SharedPoolExecutor(ofAll, {
  filename: new URL('./tasks.js', import.meta.url),
  maxThreads: 1,
})
for (const [at, [options, expected, reason]] of forms.entries()) {
  const database = `form ${at}`
  const outcome = await executor.run(database, { name: 'isSecure' }).catch((error) => error.cause.code)
  const { handedOver, relayReason } = ofAll.stats()[database]!
  deepEqual([options, outcome], [options, expected])
  if (typeof expected !== 'string' && relayReason !== 'koffi' && relayReason !== 'platform')
    deepEqual([options, relayReason, handedOver], [options, reason, reason === undefined ? 1 : 0])
}
await executor.close()
await ofAll.close()
await rm(caFile)
