/** A function that makes its answer when it is first called, with the values of that call, and gives the same ever after. */
export function once<A extends unknown[], T>(make: (...values: A) => T): (...values: A) => T {
  let made: { readonly value: T } | undefined
  return (...values) => {
    made ??= { value: make(...values) }
    return made.value
  }
}
