/** A count in words for people: `1 lease`, `2 leases`; with another second form, `1 lease waits`, `2 leases wait`. */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`
}
