import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const HOST = '127.0.0.1'

/** Answers HTTP to this machine only, on a free port. */
export class LoopbackServer {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** @param refuse answers a request that is none of this machine's, and says why. */
  static async open(
    answer: (request: IncomingMessage, response: ServerResponse) => void,
    refuse: (response: ServerResponse, status: 403, why: string) => void,
  ): Promise<LoopbackServer> {
    const server = createServer((request, response) => {
      // A page of elsewhere whose name leads here must not read it.
      if (request.headers.host !== opened.#host) return refuse(response, 403, 'This is for one machine only.')
      answer(request, response)
    })
    const opened = new LoopbackServer(server)
    server.listen(0, HOST)
    await once(server, 'listening')
    return opened
  }

  get url(): string {
    return `http://${this.#host}/`
  }

  [Symbol.dispose](): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  get #host(): string {
    return `${HOST}:${(this.#server.address() as AddressInfo).port}`
  }
}
