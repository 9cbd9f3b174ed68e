import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** How a connection ends: by a reset, by a close, or by the server's end of its half alone. */
export const CUTS = ['reset', 'close', 'half-close'] as const
export type Cut = (typeof CUTS)[number]

/** Stands between clients and a server, and cuts each connection once so many bytes of one side have passed. */
export class CuttingProxy {
  readonly #target: URL
  readonly #listener = createServer({ noDelay: true, allowHalfOpen: true }, (client) => this.#link(client))
  readonly #sockets = new Set<Socket>()
  /** When, and how, the connections that come are cut. */
  plan: { from: 'server' | 'client'; bytes: number; cut: Cut } | undefined
  /** How many bytes of each side have passed of the connection that came last. */
  readonly passed = { server: 0, client: 0 }

  constructor(connectionString: string) {
    this.#target = new URL(connectionString)
  }

  static async start(connectionString: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(connectionString)
    await once(proxy.#listener.listen(0, '127.0.0.1'), 'listening')
    return proxy
  }

  get connectionString(): string {
    const { port } = this.#listener.address() as AddressInfo
    return Object.assign(new URL(this.#target), { hostname: '127.0.0.1', port: String(port) }).href
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#listener.close()
    await once(this.#listener, 'close')
  }

  #link(client: Socket): void {
    const server = connect({
      ...{ host: this.#target.hostname, port: Number(this.#target.port) },
      ...{ noDelay: true, allowHalfOpen: true },
    })
    Object.assign(this.passed, { server: 0, client: 0 })
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
    }
    const { plan } = this
    const pass = (from: Socket, to: Socket, side: 'server' | 'client') => {
      let left = plan?.from === side ? plan.bytes : Number.POSITIVE_INFINITY
      from.on('data', (chunk: Buffer) => {
        const bytes = chunk.subarray(0, left)
        left -= bytes.length
        this.passed[side] += bytes.length
        if (to.writable) to.write(bytes)
        if (left === 0 && plan !== undefined) cut(client, server, plan.cut)
      })
      from.on('end', () => to.end())
      if (left === 0 && plan !== undefined) cut(client, server, plan.cut)
    }
    pass(client, server, 'client')
    pass(server, client, 'server')
  }
}

function cut(client: Socket, server: Socket, how: Cut): void {
  server.destroy()
  if (how === 'reset') client.resetAndDestroy()
  else client.end()
  if (how === 'close') client.destroySoon()
}
