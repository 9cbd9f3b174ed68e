import { once } from 'node:events'
import { closeSync } from 'node:fs'
import { connect, createServer, type Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { canDuplicate, duplicate } from '../../src/connection/socket-duplicate.js'

describe.skipIf(!canDuplicate())('the duplicate of a socket', () => {
  const open = new Set<Socket>()
  let server: Server
  let peers = 0

  beforeEach(async () => {
    // Answers as it was asked.
    server = createServer((peer) => {
      open.add(peer)
      peer.pipe(peer)
    })
    server.listen(join(tmpdir(), `pglease-${process.pid}-${peers++}.sock`))
    await once(server, 'listening')
  })

  afterEach(async () => {
    for (const socket of open) socket.destroy()
    open.clear()
    server.close()
    await once(server, 'close')
  })

  async function connected(): Promise<Socket> {
    const socket = connect(server.address() as string)
    open.add(socket)
    await once(socket, 'connect')
    return socket
  }

  const fdOf = (socket: Socket) => (socket as unknown as { _handle: { fd: number } })._handle.fd

  /** A socket of this process with a descriptor of its own. */
  function socketOf(fd: number): Socket {
    const socket = new Socket({ fd })
    open.add(socket)
    return socket
  }

  async function echo(socket: Socket, text: string): Promise<string> {
    socket.write(text)
    const [chunk] = await once(socket, 'data')
    return String(chunk)
  }

  test('is another descriptor, which reads and writes as the first does', async () => {
    const socket = await connected()
    socket.pause()
    const own = duplicate(fdOf(socket))!
    expect(own).not.toBe(fdOf(socket))
    expect(await echo(socketOf(own), 'over the duplicate')).toBe('over the duplicate')
  })

  test('is closed without harm to the first', async () => {
    const socket = await connected()
    socket.pause()
    const second = socketOf(duplicate(fdOf(socket))!)
    expect(await echo(second, 'one')).toBe('one')
    second.destroy()
    await once(second, 'close')
    socket.resume()
    expect(await echo(socket, 'two')).toBe('two')
  })

  test('goes on when the first is closed', async () => {
    const socket = await connected()
    socket.pause()
    const second = socketOf(duplicate(fdOf(socket))!)
    socket.destroy()
    await once(socket, 'close')
    expect(await echo(second, 'alone')).toBe('alone')
  })

  test('is none of a descriptor that is closed', async () => {
    const closed = duplicate(fdOf(await connected()))!
    closeSync(closed)
    expect(duplicate(closed)).toBeUndefined()
  })
})
