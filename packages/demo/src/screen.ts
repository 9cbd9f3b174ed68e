import type { WriteStream } from 'node:tty'

/** Control sequences of xterm, https://invisible-island.net/xterm/ctlseqs/ctlseqs.html */
const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
const CLEAR_LINE = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'

/** Of a terminal that does not know its size, and says 0. */
const [ROWS, COLUMNS] = [24, 80]

/**
 * The alternate screen of a terminal, the one that editors use: what was on the terminal before comes back at the end.
 * On the ordinary one, a terminal that is resized breaks lines anew, and nobody can tell where a frame then stands.
 */
export class Screen {
  readonly #leave = () => {
    this.terminal.write(LEAVE)
  }

  constructor(private readonly terminal: WriteStream) {
    process.once('exit', this.#leave)
    terminal.write(ENTER)
  }

  get columns(): number {
    return this.terminal.columns || COLUMNS
  }

  /** Replaces all the lines. What does not fit is cut off. */
  show(lines: readonly string[]): void {
    const { columns } = this
    const shown = lines
      .slice(0, this.terminal.rows || ROWS)
      .map((line) => `${CLEAR_LINE}${line.slice(0, columns)}`)
    this.terminal.write(`${HOME}${shown.join('\r\n')}${CLEAR_BELOW}`)
  }

  close(): void {
    process.off('exit', this.#leave)
    this.#leave()
  }
}
