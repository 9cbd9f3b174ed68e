import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { BurstFigures, Contender } from './burst-process.js'

/** A heap that is back holds no more than so much of a burst: less than a tenth of what its tasks take. */
const MOST_LEFT_MEBIBYTES = 8

const PROCESS = fileURLToPath(new URL('./burst-process.js', import.meta.url))

export interface Ratio {
  readonly what: string
  readonly unit: string
  /** The medians. */
  readonly ours: number
  readonly theirs: number
  /** Pair by pair: the least, the median, the most. */
  readonly ratio: readonly [number, number, number]
}

export interface BurstOutcome {
  readonly figures: Readonly<Record<Contender, readonly BurstFigures[]>>
  readonly ratios: readonly Ratio[]
  readonly complaints: readonly string[]
}

const COMPARED: readonly { what: string; unit: string; of: (figures: BurstFigures) => number }[] = [
  { what: 'time', unit: 'ms', of: ({ millis }) => millis },
  { what: "main thread's longest delay", unit: 'ms', of: ({ longestDelayMillis }) => longestDelayMillis },
  { what: "main thread's mean delay", unit: 'ms', of: ({ meanDelayMillis }) => meanDelayMillis },
  { what: 'heap with all tasks', unit: 'MiB', of: ({ mostHeapMebibytes }) => mostHeapMebibytes },
]

/** Bursts in turns, each in a process of its own: a slow moment of the machine hits both of a pair. */
export async function compareBursts(
  { pairs, tasks }: { readonly pairs: number; readonly tasks: number },
  signal: AbortSignal,
  show: (line: string) => void,
): Promise<BurstOutcome> {
  const figures: Record<Contender, BurstFigures[]> = { pglease: [], Piscina: [] }
  for (let pair = 0; pair < pairs; pair++) {
    const turns: readonly Contender[] = pair % 2 === 0 ? ['pglease', 'Piscina'] : ['Piscina', 'pglease']
    for (const contender of turns) {
      show(`burst: pair ${pair + 1} of ${pairs}, ${contender}`)
      figures[contender].push(await runBurst(contender, tasks, signal))
    }
  }
  return {
    figures,
    ratios: COMPARED.map((each) => ratioOf(each, figures)),
    complaints: complaintsOf(figures),
  }
}

/** @throws Error when the process does not come to its end. */
async function runBurst(contender: Contender, count: number, signal: AbortSignal): Promise<BurstFigures> {
  const child = fork(PROCESS, { execArgv: ['--expose-gc', '--no-warnings'], signal })
  child.send({ contender, count })
  const ended = once(child, 'close', { signal }).then(([code]) => {
    throw new Error(`The process of ${contender} ended with ${code} before it told its figures`)
  })
  ended.catch(() => {})
  const [figures] = await Promise.race([once(child, 'message', { signal }), ended])
  return figures
}

function complaintsOf({ pglease }: { readonly pglease: readonly BurstFigures[] }): string[] {
  return pglease.flatMap(({ wrong, heapLeftMebibytes }) => [
    ...(wrong === 0 ? [] : [`${wrong} tasks of a burst did not give what they should`]),
    ...(heapLeftMebibytes < MOST_LEFT_MEBIBYTES
      ? []
      : [`A burst has left ${heapLeftMebibytes.toFixed(1)} MiB of heap`]),
  ])
}

function ratioOf(
  { what, unit, of }: (typeof COMPARED)[number],
  { pglease, Piscina }: Readonly<Record<Contender, readonly BurstFigures[]>>,
): Ratio {
  const [ours, theirs] = [pglease.map(of), Piscina.map(of)]
  const ratios = ours.map((our, pair) => our / theirs[pair]!).sort((one, other) => one - other)
  return {
    ...{ what, unit },
    ours: median(ours),
    theirs: median(theirs),
    ratio: [ratios[0]!, median(ratios), ratios.at(-1)!],
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)]!
}
