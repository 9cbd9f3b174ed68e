/** A set of type bytes: 1 at the index of each member. */
export function typeSet(members: number[]): Uint8Array {
  const set = new Uint8Array(256)
  for (const type of members) set[type] = 1
  return set
}
