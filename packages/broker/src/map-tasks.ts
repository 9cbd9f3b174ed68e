import type { RunOptions } from './executor.js'
import { checkOptions, flag, text, whole } from './option-check.js'

export interface MapOptions<N extends string = string> extends Pick<RunOptions<N>, 'name' | 'signal'> {
  /** Whether results come in the order of the inputs, or as they are ready. Default: true. */
  ordered?: boolean
  /** Tasks under way or done and not yet taken, at the most. Default: twice the tasks that the threads take at a time. */
  concurrency?: number
}

const CHECKS = {
  name: text,
  ordered: flag,
  concurrency: whole(1),
  signal: (value: unknown) => (value instanceof AbortSignal ? undefined : 'an AbortSignal'),
}

type Outcome = { result: unknown } | { error: unknown }
type Run = (input: unknown, options: object) => Promise<unknown>

/** Keeps up to `concurrency` tasks under way and yields their results. */
export async function* mapTasks(
  inputs: Iterable<unknown> | AsyncIterable<unknown>,
  options: MapOptions,
  defaultConcurrency: number,
  run: Run,
): AsyncGenerator<unknown, void, undefined> {
  checkOptions('map', options, CHECKS)
  const { name, signal, ordered = true, concurrency = defaultConcurrency } = options
  const stop = new AbortController()
  const runOptions = {
    ...(name === undefined ? {} : { name }),
    signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
  }
  const underWay = new Set<Promise<Outcome>>()
  const take = async (): Promise<unknown> => {
    const next = await (ordered
      ? first(underWay)
      : Promise.race([...underWay].map(async (each) => ({ each, outcome: await each }))))
    underWay.delete(next.each)
    if ('error' in next.outcome) throw next.outcome.error
    return next.outcome.result
  }
  try {
    for await (const input of inputs) {
      underWay.add(
        run(input, runOptions).then(
          (result) => ({ result }),
          (error) => ({ error }),
        ),
      )
      if (underWay.size >= concurrency) yield await take()
    }
    while (underWay.size > 0) yield await take()
  } finally {
    stop.abort()
    await Promise.all(underWay)
  }
}

async function first(underWay: Set<Promise<Outcome>>): Promise<{ each: Promise<Outcome>; outcome: Outcome }> {
  for (const each of underWay) return { each, outcome: await each }
  throw new Error('Nothing is under way')
}
