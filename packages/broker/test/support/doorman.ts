import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type Gate, gate } from './until.js'

/**
 * - `open`: bytes and ends pass both ways;
 * - `deaf`: the network is broken, nothing passes and neither side is told;
 * - `endless`: bytes pass, but the client is not told that the server has closed.
 */
type Manner = 'open' | 'deaf' | 'endless'

interface Link {
  manner: Manner
  readonly client: Socket
  readonly server: Socket
}

/** Stands between clients and a server and treats those who are in differently from those who come. */
export class Doorman {
  readonly #target: URL
  readonly #listener = createServer({ noDelay: true }, (client) => this.#admit(client))
  readonly #links = new Set<Link>()
  /** Where newcomers wait, if they must. */
  #door: Gate | undefined
  #waiting = 0
  #accepted = 0
  /** The first bytes that each client has said, in the order in which they were let in. */
  readonly greetings: Buffer[] = []

  private constructor(connectionString: string) {
    this.#target = new URL(connectionString)
  }

  static async start(connectionString: string): Promise<Doorman> {
    const doorman = new Doorman(connectionString)
    doorman.#listener.listen(0, '127.0.0.1')
    await once(doorman.#listener, 'listening')
    return doorman
  }

  /** Leads to the same database past the doorman. */
  get connectionString(): string {
    const { port } = this.#listener.address() as AddressInfo
    return Object.assign(new URL(this.#target), { hostname: '127.0.0.1', port: String(port) }).href
  }

  /** Clients that wait at the door. The network has accepted them, and what they say is kept. */
  get waiting(): number {
    return this.#waiting
  }

  /** How many clients have ever come. */
  get accepted(): number {
    return this.#accepted
  }

  /** Who comes from now on waits at the door; who is in goes on. */
  holdNewcomers(): void {
    this.#door ??= gate()
  }

  /** Lets in those who wait and those who come. */
  letIn(): void {
    this.#door?.open()
    this.#door = undefined
  }

  /** Changes how those who are in are treated; who comes later is not. */
  treat(manner: Manner): void {
    for (const link of this.#links) link.manner = manner
  }

  async close(): Promise<void> {
    this.letIn()
    for (const { client, server } of this.#links) for (const socket of [client, server]) socket.destroy()
    this.#listener.close()
    await once(this.#listener, 'close')
  }

  async #admit(client: Socket): Promise<void> {
    this.#accepted++
    client.on('error', () => {})
    if (this.#door !== undefined) {
      this.#waiting++
      await this.#door
      this.#waiting--
    }
    const server = connect({ host: this.#target.hostname, port: Number(this.#target.port), noDelay: true })
    const link: Link = { manner: 'open', client, server }
    this.#links.add(link)
    client.once('data', (chunk) => this.greetings.push(chunk))
    this.#pass(link, client, server)
    this.#pass(link, server, client)
  }

  #pass(link: Link, from: Socket, to: Socket): void {
    from.on('data', (chunk) => {
      if (link.manner !== 'deaf') to.write(chunk)
    })
    from.on('error', () => {})
    from.on('close', () => {
      if (link.manner === 'open' || (link.manner === 'endless' && from === link.client)) to.destroySoon()
      if (link.client.closed && link.server.closed) this.#links.delete(link)
    })
  }
}
