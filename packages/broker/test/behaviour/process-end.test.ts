import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import type { DatabaseOptions } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'
import { until } from '../support/until.js'

const database = await createTestDatabase()
const lending = new Lending(database)
const { connectionString } = database

/** Runs the program until it ends by itself. @returns what it has written. */
async function run(what: string, options: DatabaseOptions): Promise<string> {
  const program = fileURLToPath(new URL('../programs/ends.js', import.meta.url))
  const child = spawn(process.execPath, [program, what, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  lending.closeAfterTest(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const [written] = await Promise.all([text(child.stdout), ended])
  return written
}

describe('a process whose broker nobody has closed ends all the same', () => {
  test.each([
    ['connections are kept ready', 'ready', { min: 2 }, 2],
    ['a lease has just ended', 'lease', {}, 1],
    ['a connection is idle, and reset', 'leaseAndReset', {}, 1],
    ['a connection is kept alive', 'ready', { min: 1, keepAliveMillis: 1 }, 1],
  ])('while %s', async (_, what, options, total) => {
    expect(await run(what, { connectionString, ...options })).toBe(`done\nends with ${total}\n`)
  })

  test('while a connection is being opened for a lease that has not come', async () => {
    const silent = await silentServer()
    expect(await run('attach', { host: '127.0.0.1', port: silent, user: 'nobody' })).toBe(
      'done\nends with 1\n',
    )
  })

  test('while a connection is being opened for a lease that has not come, and the network is silent', async () => {
    const options = { host: '127.0.0.1', port: await deafServer(), user: 'nobody' }
    expect(await run('attach', options)).toMatch(/^done\nends with/)
  })

  test('while a server is away on which connections are to be kept ready', async () => {
    const proxy = await lending.proxy()
    proxy.refuse()
    const options = { connectionString: proxy.connectionString, min: 1, connectionTimeoutMillis: 100 }
    expect(await run('leaseInVain', options)).toBe('done\nends with 0\n')
  })
})

describe('a process does not end', () => {
  test('while a lease waits for a connection, however long that may take', async () => {
    const ended = run('secondLease', { connectionString, max: 1 })
    expect(await ended).toMatch(/^done\n/)
  })

  test.each(['lease', 'ready'])('while a connection is being opened for who waits: %s', async (what) => {
    const proxy = await lending.proxy()
    proxy.hold('toClient')
    const ended = run(what, { connectionString: proxy.connectionString, min: 1 })
    await until(() => proxy.waiting > 0, 'for the server to have answered')
    proxy.pass('toClient')
    expect(await ended).toMatch(/^done\n/)
  })
})

/** Takes connections and says nothing. @returns its port */
async function silentServer(): Promise<number> {
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket.on('error', () => {})))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  lending.closeAfterTest(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return (server.address() as { port: number }).port
}

/** Takes no connections: there is no answer to the first packet once as many wait as may. @returns its port */
async function deafServer(): Promise<number> {
  const server = new Worker(
    `const { parentPort } = require('node:worker_threads')
    const server = require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
      parentPort.postMessage(server.address().port)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })`,
    { eval: true },
  )
  const [port] = (await once(server, 'message')) as [number]
  const waiting = Array.from({ length: 3 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  lending.closeAfterTest(async () => {
    for (const socket of waiting) socket.destroy()
    await server.terminate()
  })
  await once(waiting[0]!, 'connect')
  return port
}
