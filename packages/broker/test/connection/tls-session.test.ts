import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openSsl, type TlsSession } from '@pglease/client/internal'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { startTls } from '../../src/connection/tls-client.js'
import { until } from '../support/until.js'

const { cert, key } = inject('certificate')
const NOTHING = Buffer.alloc(0)

/** What TLS 1.3 adds to a record (RFC 8446, section 5.2). */
const OVERHEAD_BYTES = 22

test.skipIf(openSsl() === undefined)(
  'the context of a session is not collected before the session has been made',
  async () => {
    const program = fileURLToPath(new URL('../programs/collect-contexts.js', import.meta.url))
    await promisify(execFile)(process.execPath, ['--expose-gc', program])
  },
)

describe.skipIf(openSsl() === undefined)('a TLS session', () => {
  const server = createServer({ cert, key, noDelay: true })
  /** Sealed bytes that have come, and that the session has not been given. */
  let sealed: Buffer
  let raw: Socket
  let peer: TLSSocket
  let session: TlsSession

  beforeEach(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    sealed = NOTHING
    raw = connect((server.address() as AddressInfo).port, '127.0.0.1')
    raw.on('data', (chunk) => {
      sealed = Buffer.concat([sealed, chunk])
    })
    const connected = once(server, 'secureConnection')
    session = startTls({ ca: cert }, false)!
    await shakeHands()
    ;[peer] = await connected
    peer.on('error', () => {})
  })

  afterEach(async () => {
    session.free()
    raw.destroy()
    peer.destroy()
    server.close()
    await once(server, 'close')
  })

  async function shakeHands(): Promise<void> {
    for (;;) {
      const { state, outgoing } = session.shakeHands(take())
      raw.write(outgoing)
      if (state === 'done') return
      await until(() => sealed.length > 0, 'for the server to answer')
    }
  }

  /** The first so many of the bytes that have come. */
  function take(count = sealed.length): Buffer {
    const taken = sealed.subarray(0, count)
    sealed = sealed.subarray(count)
    return taken
  }

  /** Opens so many bytes, in pieces as they come, of `cuts` sealed bytes at the most in turn. */
  async function open(length: number, cuts: number[] = [1_000_000]): Promise<Buffer> {
    let opened = NOTHING
    for (let at = 0; opened.length < length; at++) {
      await until(() => sealed.length > 0, 'for more to come')
      opened = Buffer.concat([opened, session.open(take(cuts[at % cuts.length])).bytes])
    }
    return opened
  }

  /** The other side sends this in one record: returns it sealed. */
  async function sealedBy(text: string): Promise<Buffer> {
    peer.write(text)
    await until(() => sealed.length === text.length + OVERHEAD_BYTES, 'for the record to come')
    return Buffer.from(take())
  }

  test('opens what has come, however it was cut', async () => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 251))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1 }), async (cuts) => {
        peer.write(bytes)
        expect((await open(bytes.length, cuts)).equals(bytes)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  test('opens a byte at a time', async () => {
    peer.write('slowly')
    expect(String(await open(6, [1]))).toBe('slowly')
  })

  test.each([1, 16 * 1024, 16 * 1024 + 1, 1_000_000])('seals %d bytes', async (length) => {
    const bytes = Buffer.alloc(length, 'x')
    let received = NOTHING
    peer.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
    })
    raw.write(session.seal(bytes))
    await until(() => received.length === length, 'for the bytes to arrive')
    expect(received.equals(bytes)).toBe(true)
  })

  test('seals nothing into nothing, and opens nothing out of it', () => {
    expect(session.seal(NOTHING)).toHaveLength(0)
    expect(session.open(NOTHING).bytes).toHaveLength(0)
  })

  test('opens nothing that was changed on the way, and says so as Node does', async () => {
    // Before the first come the tickets of the session.
    peer.write('first')
    await open(5)
    const changed = await sealedBy('second')
    changed[changed.length - 1]! ^= 1
    expect(() => session.open(changed)).toThrow(
      expect.objectContaining({ code: 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC' }),
    )
  })

  test('opens nothing more once the other side has said goodbye, and goes on sealing', async () => {
    peer.write('last')
    expect(String(await open(4))).toBe('last')
    peer.end()
    await until(() => sealed.length > 0, 'for the goodbye')
    expect(session.open(take()).bytes).toHaveLength(0)
    expect(session.open(NOTHING).bytes).toHaveLength(0)
    expect(session.seal(Buffer.from('heard')).length).toBeGreaterThan(0)
  })
})
