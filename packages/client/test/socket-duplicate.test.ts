import { once } from 'node:events'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { connect, createServer, type Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { canDuplicate, duplicate, inodeOf, type SocketReference } from '../src/socket-duplicate.js'

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

  function referenceTo(socket: Socket): SocketReference {
    const fd = fdOf(socket)
    return { fd, inode: inodeOf(fd) }
  }

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

  /** How many descriptors this process has, but for the one that is open to count them. */
  const descriptors = () => readdirSync('/proc/self/fd').length

  test('is another descriptor, which reads and writes as the first does', async () => {
    const socket = await connected()
    socket.pause()
    const reference = referenceTo(socket)
    const own = duplicate(reference)
    expect(own).not.toBe(reference.fd)
    expect(await echo(socketOf(own), 'over the duplicate')).toBe('over the duplicate')
  })

  test('is closed without harm to the first', async () => {
    const socket = await connected()
    socket.pause()
    const second = socketOf(duplicate(referenceTo(socket)))
    expect(await echo(second, 'one')).toBe('one')
    second.destroy()
    await once(second, 'close')
    socket.resume()
    expect(await echo(socket, 'two')).toBe('two')
  })

  test('goes on when the first is closed', async () => {
    const socket = await connected()
    socket.pause()
    const second = socketOf(duplicate(referenceTo(socket)))
    socket.destroy()
    await once(socket, 'close')
    expect(await echo(second, 'alone')).toBe('alone')
  })

  test('is refused when another socket has the descriptor by now, and none is left open', async () => {
    const [first, second] = [await connected(), await connected()]
    const mistaken = { fd: fdOf(second), inode: referenceTo(first).inode }
    const before = descriptors()
    for (let count = 0; count < 10; count++) expect(() => duplicate(mistaken)).toThrow('The socket is closed')
    expect(descriptors()).toBe(before)
    expect(await echo(second, 'untouched')).toBe('untouched')
  })

  test('is refused of a socket that is closed', async () => {
    const socket = await connected()
    const reference = referenceTo(socket)
    // One that nothing else can have meanwhile.
    const own = duplicate(reference)
    closeSync(own)
    const before = descriptors()
    expect(() => duplicate({ ...reference, fd: own })).toThrow('could not be duplicated')
    expect(descriptors()).toBe(before)
  })

  test('leaves Node able to follow links to modules', async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pglease-')))
    const { resolve } = createRequire(import.meta.url)
    try {
      mkdirSync(join(folder, 'real'))
      writeFileSync(join(folder, 'real', 'module.cjs'), '')
      symlinkSync('real', join(folder, 'link'))
      // The folder itself is known from here on.
      resolve(join(folder, 'real', 'module.cjs'))
      closeSync(duplicate(referenceTo(await connected())))
      expect(resolve(join(folder, 'link', 'module.cjs'))).toBe(join(folder, 'real', 'module.cjs'))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
