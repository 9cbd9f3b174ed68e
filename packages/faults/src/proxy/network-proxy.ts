import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Link } from './link.js'
import { type Manner, PASS } from './stretch.js'

export interface ProxyTarget {
  readonly host: string
  readonly port: number
}

/** How those are treated who come from now on. */
export interface Welcome {
  readonly toServer: Manner
  readonly toClient: Manner
  /** How long what comes to cancel a query has to wait; with TLS, everything that comes. */
  readonly delayMillis: number
  /** Whether it is let in at all, or the door is shut in its face. */
  readonly isSlammed: boolean
}

const OPEN: Welcome = { toServer: PASS, toClient: PASS, delayMillis: 0, isSlammed: false }

/** Stands between clients and a server, over TCP or a Unix socket, and fails as networks do. */
export class NetworkProxy {
  /** What `pg` takes as a `host`. */
  readonly host: string
  #port = 0
  readonly #target: ProxyTarget
  readonly #server: Server
  readonly #hasTls: boolean
  readonly #links = new Set<Link>()
  #welcome = OPEN
  accepted = 0

  private constructor(target: ProxyTarget, folder: string | undefined, hasTls: boolean) {
    this.host = folder ?? '127.0.0.1'
    this.#target = target
    this.#hasTls = hasTls
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => this.#accept(client))
  }

  /** @param over what clients come over; to the server it is always TCP. */
  static async start(target: ProxyTarget, over: 'unix' | 'tcp', hasTls: boolean): Promise<NetworkProxy> {
    const folder = over === 'unix' ? mkdtempSync(join(tmpdir(), 'pglease-proxy-')) : undefined
    const proxy = new NetworkProxy(target, folder, hasTls)
    await proxy.accept()
    return proxy
  }

  get port(): number {
    return this.#port
  }

  get links(): Link[] {
    return [...this.#links]
  }

  /** From now on a client that connects is refused. The connections that exist stay. */
  refuse(): void {
    this.#server.close()
  }

  /** Takes clients again, at the same address. */
  async accept(): Promise<void> {
    if (this.#server.listening) return
    if (this.host.startsWith('/')) {
      this.#port ||= 5432
      this.#server.listen(`${this.host}/.s.PGSQL.${this.#port}`)
    } else {
      this.#server.listen(this.#port, this.host)
    }
    await once(this.#server, 'listening')
    if (!this.host.startsWith('/')) this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Treats those who come from now on in another way. */
  welcome(manner: Partial<Welcome>): void {
    this.#welcome = { ...this.#welcome, ...manner }
  }

  /** All passes again, for those who are in and those who come. */
  async heal(): Promise<void> {
    this.#welcome = OPEN
    await this.accept()
    for (const link of this.#links) link.heal()
  }

  async close(): Promise<void> {
    for (const link of this.#links) link.cut()
    if (this.#server.listening) {
      this.#server.close()
      await once(this.#server, 'close')
    }
    if (this.host.startsWith('/')) rmSync(this.host, { recursive: true, force: true })
  }

  #accept(client: Socket): void {
    this.accepted++
    client.on('error', () => {})
    if (this.#welcome.isSlammed) return void client.destroy()
    const server = connect({ ...this.#target, noDelay: true, allowHalfOpen: true })
    const link = new Link(client, server)
    this.#links.add(link)
    for (const socket of [client, server])
      socket.once('close', () => {
        if (link.isOver) this.#links.delete(link)
      })
    this.#treat(link, client)
  }

  #treat(link: Link, client: Socket): void {
    const { toServer, toClient, delayMillis } = this.#welcome
    link.toServer.manner = toServer
    link.toClient.manner = toClient
    if (delayMillis === 0) return
    link.toServer.manner = { is: 'hold' }
    const goOn = () => {
      link.toServer.manner = toServer
    }
    client.once('data', () => {
      if (link.isCancel || this.#hasTls) setTimeout(goOn, delayMillis)
      else goOn()
    })
  }
}
