/** Three significant digits, and a letter for thousands and millions: `12.3k`. */
export function short(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e6) return `${digits(value / 1e6)}M`
  if (size >= 1e4) return `${digits(value / 1e3)}k`
  return digits(value)
}

/** A ratio: `0.45`, `12.3`. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '∞'
  const size = Math.abs(value)
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)
}
