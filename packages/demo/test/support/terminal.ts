import { Writable } from 'node:stream'
import type { WriteStream } from 'node:tty'
import headless from '@xterm/headless'

/** A terminal as people have it: it scrolls, and breaks its lines anew when it is resized. */
export class Terminal {
  /** What a program writes to. */
  readonly stream: WriteStream
  readonly #terminal: InstanceType<typeof headless.Terminal>

  constructor(columns: number, rows: number) {
    // A terminal's driver writes a carriage return before each line feed.
    this.#terminal = new headless.Terminal({ cols: columns, rows, convertEol: true, allowProposedApi: true })
    const stream = new Writable({
      decodeStrings: false,
      write: (text: string, _encoding, done) => {
        this.#terminal.write(text)
        done()
      },
    })
    this.stream = Object.assign(stream, { isTTY: true, columns, rows }) as unknown as WriteStream
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows)
    Object.assign(this.stream, { columns, rows })
  }

  /** The lines that can be seen and those that have scrolled away, once all that was written has arrived. */
  async lines(): Promise<string[]> {
    await new Promise<void>((resolve) => this.#terminal.write('', resolve))
    const { active } = this.#terminal.buffer
    const lines = Array.from({ length: active.length }, (_, at) =>
      active.getLine(at)!.translateToString(true, 0, this.#terminal.cols),
    )
    while (lines.at(-1) === '') lines.pop()
    return lines
  }
}
