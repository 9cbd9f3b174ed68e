import { MessageChannel, parentPort } from 'node:worker_threads'
import { type Remote, wrap } from 'comlink'
import type { CloningBroker } from '../contenders/cloning-broker.js'
import type { Access, Connection, Row } from './access.js'

class ClonedConnection implements Connection {
  readonly #broker: Remote<CloningBroker>

  constructor(broker: Remote<CloningBroker>) {
    this.#broker = broker
  }

  query(text: string, values: unknown[]): Promise<Row[]> {
    return this.#broker.query(text, values)
  }

  async *cursor(text: string, values: unknown[], batch: number): AsyncGenerator<Row[]> {
    const number = await this.#broker.openCursor(text, values)
    const read = () => this.#broker.readCursor(number, batch)
    for (let rows = await read(); rows.length > 0; rows = await read()) yield rows
    await this.#broker.closeCursor(number)
  }

  async *copyOut(text: string): AsyncGenerator<Uint8Array> {
    const number = await this.#broker.openCopyOut(text)
    const read = () => this.#broker.readCopy(number)
    for (let chunk = await read(); chunk !== undefined; chunk = await read()) yield chunk
  }

  async copyIn(text: string, chunks: Iterable<Uint8Array>): Promise<void> {
    const number = await this.#broker.openCopyIn(text)
    for (const chunk of chunks) await this.#broker.writeCopy(number, chunk)
    await this.#broker.endCopy(number)
  }
}

export function clonedAccess(): Access {
  const { port1, port2 } = new MessageChannel()
  parentPort!.postMessage({ port: port1 }, [port1])
  const connection = new ClonedConnection(wrap<CloningBroker>(port2 as never))
  return { forTask: (work) => work(connection), withConnection: (work) => work(connection) }
}
