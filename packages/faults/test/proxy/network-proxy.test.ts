import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../../src/common/until.js'
import { NetworkProxy } from '../../src/proxy/network-proxy.js'

const BOUND_MILLIS = 10_000

/** The bytes that have come to a socket. */
function heard(socket: Socket): { text: string } {
  const all = { text: '' }
  socket.on('data', (chunk) => {
    all.text += chunk
  })
  return all
}

/** Resolves when a socket hears of its end, however that comes. */
function ending(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => {
    for (const event of ['end', 'close']) socket.on(event, resolve)
  })
}

describe.each(['tcp', 'unix'] as const)('a proxy, over %s', (over) => {
  const server = createServer({ allowHalfOpen: true })
  let proxy: NetworkProxy
  let client: Socket
  let served: Socket

  beforeEach(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    proxy = await NetworkProxy.start({ host: '127.0.0.1', port }, over, false)
    ;[client, served] = await open()
  })

  afterEach(async () => {
    await proxy.close()
    for (const socket of [client, served]) socket.destroy()
    server.close()
  })

  function knock(): Socket {
    const { host, port } = proxy
    const address = over === 'tcp' ? { host, port } : { path: `${host}/.s.PGSQL.${port}` }
    return connect({ ...address, allowHalfOpen: true })
  }

  async function open(): Promise<[Socket, Socket]> {
    const accepted = once(server, 'connection')
    const socket = knock()
    await once(socket, 'connect')
    const [other] = await accepted
    for (const each of [socket, other]) each.on('error', () => {})
    return [socket, other]
  }

  const untilHeard = (all: { text: string }, text: string) =>
    until(
      () => all.text === text,
      () => `to hear ${text}, not ${all.text}`,
      BOUND_MILLIS,
    )

  test('lets bytes and ends pass both ways', async () => {
    const [atClient, atServer] = [heard(client), heard(served)]
    client.write('question')
    await untilHeard(atServer, 'question')
    served.end('answer')
    await once(client, 'end')
    expect(atClient.text).toBe('answer')
    client.end('more')
    await once(served, 'end')
    expect(atServer.text).toBe('questionmore')
  })

  test('holds back what it lets pass later', async () => {
    const atServer = heard(served)
    const [link] = proxy.links
    link!.toServer.manner = { is: 'hold' }
    client.write('first')
    link!.toServer.manner = { is: 'trickle', bytes: 1 }
    await untilHeard(atServer, 'first')
    link!.toServer.manner = { is: 'hold' }
    client.write('second')
    await proxy.heal()
    await untilHeard(atServer, 'firstsecond')
  })

  test('cuts in the middle of what is said', async () => {
    const [atClient, isOver] = [heard(client), ending(client)]
    proxy.links[0]!.toClient.manner = { is: 'cut', after: 4 }
    served.write('answer')
    await isOver
    expect(atClient.text).toBe('answ')
  })

  test('lets nothing pass behind what is lost, and breaks the connection once it heals', async () => {
    const [atServer, isOver] = [heard(served), ending(client)]
    heard(client)
    proxy.links[0]!.toServer.manner = { is: 'swallow' }
    client.write('lost')
    await until(
      () => proxy.links[0]!.toServer.hasLost,
      () => 'for bytes to be lost',
      BOUND_MILLIS,
    )
    proxy.links[0]!.toServer.manner = { is: 'trickle', bytes: 60 }
    expect(proxy.links[0]!.toServer.isSilent).toBe(true)
    await proxy.heal()
    await isOver
    expect(atServer.text).toBe('')
  })

  test('has no socket of a connection that is cut when it is just ending', async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap').length
    const before = sockets()
    const both = await open()
    const link = proxy.links.at(-1)!
    link.halfClose('server')
    link.halfClose('client')
    link.cut()
    for (const socket of both) socket.destroy()
    await until(
      () => sockets() <= before,
      () => `for ${sockets()} sockets to be ${before}`,
      BOUND_MILLIS,
    )
  })

  test('has no timer for what trickles where nobody is any more', async () => {
    const [link] = proxy.links
    link!.cut()
    await until(
      () => link!.isOver,
      () => 'for the connection to be over',
      BOUND_MILLIS,
    )
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
    const before = timers()
    link!.toServer.manner = { is: 'trickle', bytes: 1 }
    expect(timers()).toBe(before)
  })

  test('refuses, and accepts again at the same address', async () => {
    proxy.refuse()
    await expect(once(knock(), 'connect')).rejects.toThrow(/ECONNREFUSED|ENOENT/)
    await proxy.accept()
    const [again, other] = await open()
    const atServer = heard(other)
    again.end('hello')
    await untilHeard(atServer, 'hello')
    other.destroy()
  })

  test('knows a cancel request, and delays it', async () => {
    proxy.welcome({ delayMillis: 1 })
    const [cancel, other] = await open()
    const atServer = heard(other)
    const request = Buffer.from([0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 2])
    cancel.write(request)
    await untilHeard(atServer, String(request))
    expect(proxy.links.map(({ isCancel }) => isCancel)).toEqual([false, true])
    for (const socket of [cancel, other]) socket.destroy()
  })
})
