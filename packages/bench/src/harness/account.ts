import type { Values } from './alternate.js'
import type { ProcessorTime } from './processor-time.js'
import { quantile } from './ratios.js'
import type { Metric } from './result.js'

const PARTS = ['main', 'threads', 'server'] as const

/** Among a round's values: how many units it did, and what processor time each took. */
const UNITS = 'units'
export const keyOf = (part: keyof ProcessorTime) => `${part}Micros`

/** What a unit takes of a part, for people. */
export function accountMetric(part: keyof ProcessorTime, unit: string): Metric {
  return {
    name: `processor time of the ${part === 'main' ? 'main thread' : part}`,
    unit: `µs, ${unit}`,
    better: 'lower',
  }
}

/** Runs a round; where it says how many `units` it did, adds what each has taken, in µs. */
export async function withAccount(
  processorTime: () => ProcessorTime,
  round: () => Promise<Values>,
): Promise<Values> {
  const before = processorTime()
  const values = await round()
  const units = values[UNITS]
  if (units === undefined) return values
  const after = processorTime()
  const account = PARTS.map((part) => [keyOf(part), ((after[part] - before[part]) / units) * 1e6])
  return { ...values, ...Object.fromEntries(account) }
}

/** By entrant, the medians of what the rounds have added. Undefined when they have not, or knew nothing. */
export function accountsOf(
  samples: ReadonlyMap<string, ReadonlyMap<string, number[]>>,
): Map<string, ProcessorTime> | undefined {
  const first = samples.get(keyOf('main'))
  if (first === undefined || !isKnown(first)) return undefined
  return new Map([...first.keys()].map((entrant) => [entrant, accountOf(samples, entrant)]))
}

/** Whether the system has told of it in each round. */
export function isKnown(samples: ReadonlyMap<string, readonly number[]>): boolean {
  return ![...samples.values()].flat().some(Number.isNaN)
}

function accountOf(
  samples: ReadonlyMap<string, ReadonlyMap<string, number[]>>,
  entrant: string,
): ProcessorTime {
  const medians = PARTS.map((part) => [part, quantile(samples.get(keyOf(part))!.get(entrant)!, 0.5)])
  return Object.fromEntries(medians)
}
