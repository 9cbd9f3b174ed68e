/** For the positions of marks: elements of an SVG as wide as its place. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`
}
