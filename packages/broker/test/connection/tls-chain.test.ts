import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { type CertificateExtension, generate } from 'selfsigned'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startTls } from '../../src/connection/tls-client.js'
import type { TlsOptions } from '../../src/connection/tls-options.js'
import { LeftToNodeError, TlsSocket } from '../../src/connection/tls-socket.js'
import { getSockets } from '../support/sockets.js'

interface Issued {
  cert: string
  key: string
}

async function issue(name: string, by?: Issued): Promise<Issued> {
  const extensions: CertificateExtension[] = [
    { name: 'basicConstraints', cA: name !== 'localhost', critical: true },
    { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
  ]
  const options = { keyType: 'ec' as const, algorithm: 'sha256', extensions, ...(by && { ca: by }) }
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], options)
  return { cert, key }
}

const root = await issue('root')
const between = await issue('between', root)
const own = await issue('localhost', between)
const stranger = await issue('root')

describe.skipIf(!getSockets)('a server for which an authority vouches that another vouches for', () => {
  const accepted = new Set<TLSSocket>()
  const server = createServer({
    cert: [own.cert, between.cert].join('\n'),
    key: own.key,
    ALPNProtocols: ['postgresql'],
  })

  beforeAll(async () => {
    server.on('secureConnection', (socket) => {
      accepted.add(socket)
      socket.on('error', () => {}).write('hello')
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
  })

  afterAll(async () => {
    for (const socket of accepted) socket.destroy()
    server.close()
    await once(server, 'close')
  })

  const port = () => (server.address() as AddressInfo).port

  /** What the server says first. @throws why the session has come to nothing. */
  async function hear(options: Exclude<TlsOptions, true>): Promise<string> {
    const socket = new TlsSocket(startTls(options, true)!, options, true)
    socket.host = 'localhost'
    try {
      socket.connect(port(), '127.0.0.1')
      return String((await once(socket, 'data'))[0])
    } finally {
      socket.destroy()
    }
  }

  test('is trusted with the first of them', async () => {
    expect(await hear({ ca: root.cert })).toBe('hello')
  })

  test('is refused with another of the same name, or with none', async () => {
    for (const ca of [stranger.cert, []]) await expect(hear({ ca })).rejects.toThrow(LeftToNodeError)
  })

  test('is known by its whole chain to a check of its identity, as to that of Node', async () => {
    const check = vi.fn(() => undefined)
    const options = { ca: root.cert, checkServerIdentity: check }
    await hear(options)
    const socket = connect({ ...options, host: '127.0.0.1', servername: 'localhost', port: port() })
    await once(socket, 'data')
    socket.destroy()
    const [ours, nodes] = check.mock.calls
    expect(ours).toEqual(nodes)
    const issuerCertificate = { subject: { CN: 'between' }, issuerCertificate: { subject: { CN: 'root' } } }
    expect(ours).toMatchObject(['localhost', { subject: { CN: 'localhost' }, issuerCertificate }])
  })
})
