/** The smallest task that can be wrong. */
export default function next(value: number): number {
  return value + 1
}
