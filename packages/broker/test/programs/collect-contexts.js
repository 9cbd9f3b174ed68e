/** Collects garbage in the moment between a look at a TLS context's address and the making of a session of it. */
import { setImmediate } from 'node:timers/promises'
import { openSsl } from '@pglease/client/internal'
import { startTls } from '../../dist/connection/tls-client.js'

const ssl = openSsl()
const { SSL_new } = ssl
ssl.SSL_new = (context) => {
  for (let count = 0; count < 3; count++) globalThis.gc()
  return SSL_new(context)
}

for (let count = 0; count < 20; count++) {
  const session = startTls(true, false)
  if (session.shakeHands(Buffer.alloc(0)).outgoing.length === 0) process.exitCode = 1
  session.free()
  await setImmediate()
}
