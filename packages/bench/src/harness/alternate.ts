/** One round's values by the metric's name. */
export type Values = Readonly<Record<string, number>>

export interface Entrant {
  readonly name: string
  round(): Promise<Values>
}

/** A round that takes this long hangs. */
const ROUND_MILLIS = 60_000

/**
 * Runs rounds in turn, A B C A B C, and returns the values of each metric by entrant. Each time around another one goes
 * first, so that none always runs in the wake of the same one.
 */
export async function alternate(
  entrants: readonly Entrant[],
  rounds: number,
): Promise<ReadonlyMap<string, ReadonlyMap<string, number[]>>> {
  const samples = new Map<string, Map<string, number[]>>()
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < entrants.length; turn++) {
      const entrant = entrants[(round + turn) % entrants.length]!
      const values = await blaming(entrant.name, inTime(entrant.round(), 'a round'))
      for (const [metric, value] of Object.entries(values)) keep(samples, metric, entrant.name, value)
    }
  }
  return inOrder(samples, entrants)
}

/** @throws Error when it takes too long. */
export async function inTime<T>(work: Promise<T>, what: string, millis = ROUND_MILLIS): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${millis / 1000} s`)), millis)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

async function blaming<T>(name: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    throw new Error(`${name}: ${(cause as Error).message}`, { cause })
  }
}

function keep(samples: Map<string, Map<string, number[]>>, metric: string, entrant: string, value: number) {
  const ofMetric = samples.get(metric) ?? new Map<string, number[]>()
  samples.set(metric, ofMetric)
  ofMetric.set(entrant, [...(ofMetric.get(entrant) ?? []), value])
}

/** The turns rotate, but the first entrant stays the one that the others are compared with. */
function inOrder(samples: ReadonlyMap<string, ReadonlyMap<string, number[]>>, entrants: readonly Entrant[]) {
  const sorted = (values: ReadonlyMap<string, number[]>) =>
    new Map(entrants.map(({ name }) => [name, values.get(name) ?? []]))
  return new Map([...samples].map(([metric, values]) => [metric, sorted(values)]))
}
