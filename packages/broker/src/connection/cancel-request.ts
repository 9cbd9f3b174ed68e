import { knownPg } from '@pglease/client/internal'

/** Where a connection goes to, for the connection that cancels on it. */
export interface CancelTarget {
  host: string
  port: number
  ssl: unknown
  sslNegotiation: string | undefined
  processId: number
  secretKey: number
}

interface RawConnection extends NodeJS.EventEmitter {
  connect(port: number | string, host?: string): void
  requestSsl(): void
  cancel(processId: number, secretKey: number): void
  attachListeners(stream: { resume(): void }): void
  stream: { destroy(): void }
}

/**
 * Sends a CancelRequest on a connection of its own, with TLS where the target has it ("Canceling Requests in Progress",
 * chapter 54.2.8 of the PostgreSQL documentation). Resolves when it can do nothing any more: the server has closed that
 * connection, and so has sent the signal, or the request has never left.
 * @throws Error when it may still arrive, and hit whatever runs then.
 */
export function sendCancelRequest(target: CancelTarget, timeoutMillis: number): Promise<void> {
  const Connection = (knownPg as unknown as { Connection: new (config: object) => RawConnection }).Connection
  const connection = new Connection({ ssl: target.ssl, sslNegotiation: target.sslNegotiation })
  // There is nothing to be said: what a server says all the same is not read.
  connection.attachListeners = (stream) => stream.resume()
  return new Promise((resolve, reject) => {
    let state: 'unsent' | 'sent' | 'given up' = 'unsent'
    const giveUp = () => {
      if (state === 'sent') state = 'given up'
      connection.stream.destroy()
    }
    const timer = setTimeout(giveUp, timeoutMillis)
    const cancel = () => {
      state = 'sent'
      connection.cancel(target.processId, target.secretKey)
    }
    connection.on('connect', () => {
      if (!target.ssl) cancel()
      else if (target.sslNegotiation !== 'direct') connection.requestSsl()
    })
    connection.on('sslconnect', cancel)
    connection.on('error', giveUp)
    connection.on('end', () => {
      clearTimeout(timer)
      if (state === 'given up') reject(new Error('A cancel request was sent, and may still arrive'))
      else resolve()
    })
    if (target.host.startsWith('/')) connection.connect(`${target.host}/.s.PGSQL.${target.port}`)
    else connection.connect(target.port, target.host)
  })
}
