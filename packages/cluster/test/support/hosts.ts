import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { onTestFinished } from 'vitest'

const ip = (...args: string[]) =>
  execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })

/** Names of interfaces have at most 15 characters. */
const OURS = `pgl${process.pid}`

/** Why no network namespaces can be made, for the name of a test that is skipped; undefined where they can. */
export const whyNoHosts: string | undefined = tryOut()

function tryOut(): string | undefined {
  try {
    ip('netns', 'add', `${OURS}t`)
    ip('netns', 'del', `${OURS}t`)
    return undefined
  } catch {
    return ' (skipped: network namespaces cannot be made here)'
  }
}

/** Network namespaces as hosts, and an address that all of them reach the server by. */
export class Hosts {
  readonly names: readonly string[]
  readonly address: string
  readonly #bridge = `${OURS}b`

  /** They end with the test. */
  constructor(count: number) {
    // Of the block for tests of networks, RFC 2544.
    const network = `198.18.${process.pid % 256}`
    this.address = `${network}.1`
    this.names = Array.from({ length: count }, (_, index) => `${OURS}h${index}`)
    onTestFinished(() => this.#remove())
    ip('link', 'add', this.#bridge, 'type', 'bridge')
    ip('addr', 'add', `${this.address}/24`, 'dev', this.#bridge)
    ip('link', 'set', this.#bridge, 'up')
    for (const [index, name] of this.names.entries()) {
      ip('netns', 'add', name)
      ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
      ip('link', 'set', name, 'master', this.#bridge, 'up')
      ip('-n', name, 'addr', 'add', `${network}.${index + 2}/24`, 'dev', 'eth0')
      ip('-n', name, 'link', 'set', 'eth0', 'up')
    }
  }

  /** Nothing gets to it or from it any more, and nobody is told. */
  cutOff(name: string): void {
    ip('link', 'set', name, 'down')
  }

  /** Lets the hosts reach a port of this machine's loopback. */
  async forward(port: number): Promise<number> {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      const onward = connect(port, '127.0.0.1')
      for (const each of [socket, onward]) sockets.add(each)
      pipeline(socket, onward, socket, () => {})
    }).listen(0, this.address)
    await once(server, 'listening')
    onTestFinished(() => {
      server.close()
      for (const socket of sockets) socket.destroy()
    })
    return (server.address() as AddressInfo).port
  }

  #remove(): void {
    for (const args of [...this.names.map((name) => ['netns', 'del', name]), ['link', 'del', this.#bridge]]) {
      try {
        ip(...args)
      } catch {
        // It was not made.
      }
    }
  }
}
