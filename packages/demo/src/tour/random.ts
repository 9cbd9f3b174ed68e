/** Whole numbers from 0 to below `limit`, the same ones for the same seed: Marsaglia's xorshift32 (2003). */
export function randomBelow(seed: number): (limit: number) => number {
  // Spread the seed's bits, so that 1 and 2 start far apart; the state must not be 0.
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0 || 1
  return (limit) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return Math.floor(((state >>> 0) / 2 ** 32) * limit)
  }
}
