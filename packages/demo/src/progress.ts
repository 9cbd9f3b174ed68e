import type { WriteStream } from 'node:tty'
import { Screen } from './screen.js'

const MILLIS_BETWEEN_FRAMES = 100
/** At most: a narrow terminal gives half of its line to each. */
const LABEL_WIDTH = 32
const BAR_WIDTH = 28
/** The time, the percentage, and the spaces between. */
const BESIDE_WIDTH = 14

/** Shows how far the job is. */
export interface Progress {
  /** Says what stays true all along. */
  head(text: string): void
  /** Says what goes on. */
  note(text: string): void
  /** How much work the bars to come are together. */
  expect(weight: number): void
  /** A task that is going to run. */
  start(label: string, weight: number): ProgressBar
  /** Removes the bars. */
  close(): void
}

/** One task's. */
interface ProgressBar {
  /** The task is running, and so far. */
  advance(fraction: number): void
  /** The task has ended, as `line` says. */
  finish(line: string): void
}

/** Bars on a terminal that can do more than print, plain lines elsewhere. */
export function showProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY && process.env.TERM !== 'dumb' ? new ProgressBars(stream) : new ProgressLines(stream)
}

class ProgressLines implements Progress {
  #expected = 0
  #done = 0

  constructor(private readonly stream: NodeJS.WriteStream) {}

  head(text: string): void {
    this.note(text)
  }

  note(text: string): void {
    this.stream.write(`${text}\n`)
  }

  expect(weight: number): void {
    this.#expected = weight
  }

  start(label: string, weight: number): ProgressBar {
    const finish = (line: string) => {
      this.#done += weight
      this.stream.write(`${percent(this.#done / this.#expected)}  ${label}: ${line}\n`)
    }
    return { advance: () => {}, finish }
  }

  close(): void {}
}

/** A task, shown while it is running. */
interface Bar {
  state: 'waiting' | 'running' | 'ended'
  readonly label: string
  readonly weight: number
  fraction: number
}

class ProgressBars implements Progress {
  readonly #bars = new Set<Bar>()
  readonly #timer: NodeJS.Timeout
  readonly #started = performance.now()
  readonly #screen: Screen
  #head: string[] = []
  #note = 'Starting'
  #expected = 0
  #done = 0

  constructor(stream: WriteStream) {
    this.#screen = new Screen(stream)
    this.#timer = setInterval(() => this.#draw(), MILLIS_BETWEEN_FRAMES).unref()
  }

  head(text: string): void {
    this.#head = [text]
  }

  note(text: string): void {
    this.#note = text
    this.#draw()
  }

  expect(weight: number): void {
    this.#expected = weight
  }

  start(label: string, weight: number): ProgressBar {
    const bar: Bar = { label, weight, fraction: 0, state: 'waiting' }
    const advance = (fraction: number) => {
      if (bar.state === 'ended') return
      bar.state = 'running'
      bar.fraction = fraction
      this.#bars.add(bar)
    }
    const finish = () => {
      bar.state = 'ended'
      this.#bars.delete(bar)
      this.#done += weight
    }
    return { advance, finish }
  }

  close(): void {
    clearInterval(this.#timer)
    this.#screen.close()
  }

  #draw(): void {
    this.#screen.show(this.#lines())
  }

  #lines(): string[] {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(0).padStart(3)
    const bars = [...this.#bars]
    const width = this.#screen.columns - BESIDE_WIDTH
    const running = bars.reduce((sum, { weight, fraction }) => sum + weight * fraction, 0)
    if (this.#expected === 0) return [...this.#head, `${seconds} s  ${this.#note}`]
    return [
      ...this.#head,
      `${seconds} s  ${drawBar(this.#note, (this.#done + running) / this.#expected, width)}`,
      ...bars.map(({ label, fraction }) => `       ${drawBar(label, fraction, width)}`),
    ]
  }
}

function drawBar(label: string, fraction: number, width: number): string {
  const [labelWidth, barWidth] = [Math.min(LABEL_WIDTH, width >> 1), Math.min(BAR_WIDTH, width >> 1)]
  const full = Math.round(Math.min(1, fraction) * barWidth)
  const text = label.length > labelWidth ? `${label.slice(0, labelWidth - 1)}…` : label
  return `${text.padEnd(labelWidth)} ${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${percent(fraction)}`
}

const percent = (fraction: number): string => `${Math.floor(Math.min(1, fraction) * 100)} %`.padStart(5)
