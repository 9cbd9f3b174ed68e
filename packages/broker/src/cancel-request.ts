import pg from 'pg'

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
  stream: { destroy(): void }
}

/**
 * Sends a CancelRequest on a connection of its own, with TLS where the target has it ("Canceling Requests in Progress",
 * chapter 54.2.8 of the PostgreSQL documentation). Resolves when the server has closed that connection: the signal has
 * been sent by then, so what the target answers afterwards is safe from it. Never rejects: a cancel is no promise.
 */
export function sendCancelRequest(target: CancelTarget, timeoutMillis: number): Promise<void> {
  const Connection = (pg as unknown as { Connection: new (config: object) => RawConnection }).Connection
  const connection = new Connection({ ssl: target.ssl, sslNegotiation: target.sslNegotiation })
  return new Promise((resolve) => {
    const timer = setTimeout(() => connection.stream.destroy(), timeoutMillis)
    const cancel = () => connection.cancel(target.processId, target.secretKey)
    connection.on('connect', () => {
      if (!target.ssl) cancel()
      else if (target.sslNegotiation !== 'direct') connection.requestSsl()
    })
    connection.on('sslconnect', cancel)
    connection.on('error', () => connection.stream.destroy())
    connection.on('end', () => {
      clearTimeout(timer)
      resolve()
    })
    if (target.host.startsWith('/')) connection.connect(`${target.host}/.s.PGSQL.${target.port}`)
    else connection.connect(target.port, target.host)
  })
}
