import { repair } from '../sizing.js'
import type { Case, Times } from './messages.js'

export interface Measured extends Case {
  /** Of all processes together. */
  readonly tasksPerSecond: number
  /** What a task waits for a connection. */
  readonly waitMillis: number
  readonly holdMillis: number
  /** How many cores the server has kept busy; undefined where nobody tells. */
  readonly serverCores: number | undefined
}

/** What the model is told of the machine: what a task takes here beyond its own times, and a lease that need not wait. */
export interface Overhead {
  readonly computeMillis: number
  readonly waitMillis: number
  readonly holdMillis: number
}

/** Of the row in which nobody waits for anybody. */
export function overheadOf(rows: readonly Measured[]): Overhead {
  const alone = rows.find((row) => row.processes === 1 && row.threads === 1)
  if (alone === undefined) throw new Error('There is no row of one process with one thread')
  const { tasksPerSecond, waitMillis, holdMillis } = alone
  return { computeMillis: 1000 / tasksPerSecond - holdMillis - waitMillis, waitMillis, holdMillis }
}

/** What the model says of a row. */
export function modelOf({ processes, threads, connections }: Case, overhead: Overhead) {
  const { computeMillis, waitMillis, holdMillis } = overhead
  const { rate, waiting } = repair(threads, connections, computeMillis, holdMillis + waitMillis)
  return { tasksPerSecond: rate * processes * 1000, waitMillis: waiting / rate + waitMillis }
}

/** In Markdown, as docs/sizing.md has it. */
export function printTable(rows: readonly Measured[], { computeMillis, holdMillis }: Times): string {
  const overhead = overheadOf(rows)
  const head = ['processes', 'threads', 'connections', 'tasks/s', 'model', 'wait ms', 'model', 'server cores']
  const lines = rows.map((row) => {
    const model = modelOf(row, overhead)
    return [
      row.processes,
      row.threads,
      row.connections,
      row.tasksPerSecond.toFixed(0),
      model.tasksPerSecond.toFixed(0),
      row.waitMillis.toFixed(1),
      model.waitMillis.toFixed(1),
      row.serverCores?.toFixed(2) ?? '–',
    ].map(String)
  })
  const note = `Compute ${computeMillis} ms, hold ${holdMillis} ms, exponential. One thread alone: ${overhead.computeMillis.toFixed(1)} ms without a connection, ${overhead.holdMillis.toFixed(1)} ms with one.`
  return `${markdownTable([head, ...lines])}\n${note}\n`
}

/** @param rows of which the first is the head */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padStart(widths[at]!)).join(' | ')} |\n`
  const rule = `| ${widths.map((width) => `${'-'.repeat(width - 1)}:`).join(' | ')} |\n`
  const [head, ...rest] = rows.map(line)
  return [head, rule, ...rest].join('')
}
