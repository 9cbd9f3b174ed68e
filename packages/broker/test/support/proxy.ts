import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import { type Gate, gate } from './until.js'

export type Direction = 'toServer' | 'toClient'

const BOTH: Direction[] = ['toServer', 'toClient']

/** What becomes of the bytes of one direction: they pass, wait at a gate, or vanish as in a broken network. */
type Flow = 'pass' | Gate | 'swallow'

/** Stands between clients and a server, and fails as networks do. */
export class TcpProxy {
  readonly #target: URL
  readonly #listener = createServer({ noDelay: true, allowHalfOpen: true }, (client) => this.#link(client))
  readonly #flows: Record<Direction, Flow> = { toServer: 'pass', toClient: 'pass' }
  /** The client's and the server's socket, until both are closed. */
  readonly #links = new Set<[Socket, Socket]>()
  #port = 0
  #accepted = 0
  #waiting = 0

  private constructor(connectionString: string) {
    this.#target = new URL(connectionString)
  }

  /** In front of the server of a connection string, with everything passing. */
  static async start(connectionString: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(connectionString)
    await proxy.accept()
    return proxy
  }

  /** Leads to the same database through this proxy. */
  get connectionString(): string {
    return Object.assign(new URL(this.#target), { hostname: '127.0.0.1', port: String(this.#port) }).href
  }

  /** How many clients are connected, or the server believes are. */
  get connections(): number {
    return this.#links.size
  }

  /** How many clients there have ever been. One that came only to cancel a query counts too. */
  get accepted(): number {
    return this.#accepted
  }

  /** How many directions of connections have bytes, or their end, waiting at a gate. */
  get waiting(): number {
    return this.#waiting
  }

  /** Holds back what comes from now on, until `pass`. */
  hold(...directions: Direction[]): void {
    this.#set(() => gate(), directions)
  }

  /** Loses what comes from now on, and what is held back, without a word to either side. */
  swallow(...directions: Direction[]): void {
    this.#set(() => 'swallow', directions)
  }

  /** Lets what comes from now on pass, after what is held back. What was swallowed stays lost. */
  pass(...directions: Direction[]): void {
    this.#set(() => 'pass', directions)
  }

  /** Breaks all connections, which both sides notice. New ones are still welcome. */
  cut(): void {
    for (const socket of [...this.#links].flat()) socket.resetAndDestroy()
  }

  /** From now on a client that connects gets ECONNREFUSED. The connections that exist stay. */
  refuse(): void {
    this.#listener.close()
  }

  /** Takes new clients again after `refuse`, on the same port. */
  async accept(): Promise<void> {
    this.#listener.listen(this.#port, '127.0.0.1')
    await once(this.#listener, 'listening')
    this.#port = (this.#listener.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    this.cut()
    if (!this.#listener.listening) return
    this.#listener.close()
    await once(this.#listener, 'close')
  }

  #set(flow: () => Flow, directions: Direction[]): void {
    for (const direction of directions.length === 0 ? BOTH : directions) {
      const old = this.#flows[direction]
      this.#flows[direction] = flow()
      if (typeof old !== 'string') old.open()
    }
  }

  #link(client: Socket): void {
    const { hostname, port } = this.#target
    const server = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true })
    const link: [Socket, Socket] = [client, server]
    this.#accepted++
    this.#links.add(link)
    for (const socket of link) {
      socket.once('close', () => {
        if (link.every(({ closed }) => closed)) this.#links.delete(link)
      })
    }
    this.#pump(client, server, 'toServer')
    this.#pump(server, client, 'toClient')
  }

  #pump(from: Socket, to: Socket, direction: Direction): void {
    from.pipe(this.#valve(direction)).pipe(to)
    // A reset of the one side becomes a reset of the other, unless nothing gets through.
    from.on('error', () => {
      if (this.#flows[direction] !== 'swallow') to.resetAndDestroy()
    })
  }

  #valve(direction: Direction): Transform {
    return new Transform({
      transform: async (chunk, _encoding, done) =>
        done(null, (await this.#admits(direction)) ? chunk : undefined),
      flush: async (done) => {
        if (await this.#admits(direction)) done()
      },
    })
  }

  async #admits(direction: Direction): Promise<boolean> {
    for (;;) {
      const flow = this.#flows[direction]
      if (typeof flow === 'string') return flow === 'pass'
      this.#waiting++
      await flow
      this.#waiting--
    }
  }
}
