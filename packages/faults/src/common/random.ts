/** Numbers that only depend on a seed (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** From 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 up to the limit, which is not among them. */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  /** A number in between. */
  between(least: number, most: number): number {
    return least + this.next() * (most - least)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('There is nothing to pick from')
    return from[this.below(from.length)]!
  }

  /** One of these, each as often as its weight says. */
  pickWeighted<T extends { readonly weight: number }>(from: readonly T[]): T {
    const sum = from.reduce((total, { weight }) => total + weight, 0)
    let left = this.next() * sum
    for (const each of from) {
      left -= each.weight
      if (left < 0) return each
    }
    return this.pick(from)
  }
}

/** A seed of its own for each part of a run, so that one part does not change what another does. */
export function seedOf(seed: number, ...parts: readonly (number | string)[]): number {
  let hash = 0x811c9dc5 ^ seed
  for (const character of parts.join('\n')) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}
