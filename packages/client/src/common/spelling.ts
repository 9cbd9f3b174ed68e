/** A longer name is none that was misspelt, and to compare it takes time. */
const LONGEST_GUESSED = 64

/** How many letters a misspelt name may differ in. */
const MOST_WRONG = 3

/** Of the names, the one that was meant by another. */
export function meant(name: string, known: readonly string[]): string | undefined {
  if (name.length > LONGEST_GUESSED) return undefined
  let found: string | undefined
  let least = MOST_WRONG + 1
  for (const each of known) {
    const wrong = distance(name.toLowerCase(), each.toLowerCase())
    if (wrong < least) [found, least] = [each, wrong]
  }
  return found
}

/** How many letters must be put in, left out or exchanged to make one name of the other (Levenshtein's distance). */
function distance(one: string, other: string): number {
  // From the letters of `one` so far to so many of `other`.
  let row = Array.from({ length: other.length + 1 }, (_, count) => count)
  for (let at = 0; at < one.length; at++) {
    const next = [at + 1]
    for (let to = 0; to < other.length; to++) {
      const exchanged = row[to]! + (one[at] === other[to] ? 0 : 1)
      next.push(Math.min(exchanged, row[to + 1]! + 1, next[to]! + 1))
    }
    row = next
  }
  return row[other.length]!
}
