import { once } from 'node:events'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { MessageChannel, type MessagePort, parentPort } from 'node:worker_threads'
import { attachRequest, CELL_BYTES } from '@pglease/client/internal'
import { build, openFiles, type Recipe } from '../recipe.js'
import { capturedPort } from './captured-ports.js'
import type { PortName, Script, Step } from './script.js'

/** The longest wait for a frame that need not come. */
const FRAME_MILLIS = 20

/** Plays one script in this thread, with ports of its own. */
class Player {
  #control: MessagePort | undefined
  /** That of the lease ports. */
  #leases: MessagePort | undefined
  /** Of the latest lease port. */
  #lease = 0
  #cell = new SharedArrayBuffer(CELL_BYTES)
  readonly #ports: MessagePort[] = []
  #calls = 0

  async step(step: Step): Promise<void> {
    if ('post' in step) await this.#post(step.to, step.post, step.times ?? 1)
    else if ('open' in step) this.#addLease(step.open === 'lease')
    else if ('write' in step) this.#write(step.at, step.write)
    else if ('close' in step) this.#close(step.close)
    else if (step.wait === 'a turn') await turn()
    else await this.#frame()
  }

  close(): void {
    for (const port of this.#ports) port.close()
  }

  async #post(to: PortName, recipe: Recipe, times: number): Promise<void> {
    const port = this.#port(to)
    for (let count = 0; count < times; count++) {
      const transfer: never[] = []
      const files = await openFiles(recipe)
      const value = build(recipe, { transfer, cell: this.#cell, files: [...files] })
      try {
        port?.postMessage(to === 'lease' ? [this.#lease, value] : value, transfer)
      } catch (error) {
        // Not everything can be posted.
        if ((error as Error).name !== 'DataCloneError') throw error
      }
      // But for those that were moved.
      await Promise.all(files.map((file) => file.close()))
    }
  }

  #port(name: PortName): MessagePort | undefined {
    if (name === 'parent') return parentPort!
    if (name === 'control') return this.#controlPort()
    if (name === 'lease' || name === 'leases') return this.#leases
    return capturedPort(name)
  }

  /** Asked for as the library does. */
  #controlPort(): MessagePort {
    if (this.#control !== undefined) return this.#control
    const { port1, port2 } = this.#channel()
    this.#control = port1
    parentPort!.postMessage(attachRequest(port2), [port2])
    return port1
  }

  #addLease(hasCell: boolean): void {
    this.#cell = new SharedArrayBuffer(CELL_BYTES)
    this.#lease++
    this.#leasesPort().postMessage({ channel: this.#lease, cell: hasCell ? this.#cell : undefined })
  }

  #leasesPort(): MessagePort {
    if (this.#leases !== undefined) return this.#leases
    const { port1, port2 } = this.#channel()
    this.#leases = port1
    const argumentList = [port2, true].map((value) => ({ type: 'RAW', value }))
    const call = { id: `call ${this.#calls++}`, type: 'APPLY', path: ['serveLeases'], argumentList }
    this.#controlPort().postMessage(call, [port2])
    return port1
  }

  #close(name: PortName): void {
    const port = this.#port(name)
    if (name === 'lease') port?.postMessage(this.#lease)
    else port?.close()
  }

  #channel(): { port1: MessagePort; port2: MessagePort } {
    const channel = new MessageChannel()
    // Its close is seen only once it has been started.
    channel.port1.on('message', () => {})
    this.#ports.push(channel.port1)
    return channel
  }

  #write(at: number, value: number): void {
    const words = new Int32Array(this.#cell)
    if (at === -1) words.fill(value)
    else words[at] = value
  }

  async #frame(): Promise<void> {
    const port = this.#leases ?? this.#control
    if (port === undefined) return
    const over = new AbortController()
    const seen = ['message', 'close'].map((event) => once(port, event, over).catch(() => {}))
    // The thread lives meanwhile, whether its ports do or not.
    await Promise.race([...seen, sleep(FRAME_MILLIS)])
    over.abort()
  }
}

export async function play(script: Script): Promise<void> {
  const player = new Player()
  try {
    for (const step of script) await player.step(step)
  } finally {
    player.close()
  }
}
