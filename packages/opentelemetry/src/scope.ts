/** What the instruments and spans are by. */
export const SCOPE = '@pglease/opentelemetry'

/** Of the semantic conventions' histograms of pools, in seconds. */
export const POOL_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]

export const seconds = (millis: number) => millis / 1000

/** One function that ends several things. */
export function all(ends: readonly (() => void)[]): () => void {
  return () => {
    for (const end of ends) end()
  }
}
