import type { Sphere } from './sphere.js'

const LEAF_SIZE = 8

/** For each place its nearest others, nearest first: `ids[place * count + rank]`, and how far they are. */
export interface Neighbours {
  /** How many each place has: what was asked for, or all the others if there are fewer. */
  readonly count: number
  readonly ids: Int32Array
  readonly kilometres: Float64Array
}

/**
 * Exact nearest neighbours in O(n log n) for places numbered along a space-filling curve: runs of that
 * numbering are compact, so halving it again and again makes a tree of small boxes. Unlike the cells of
 * a uniform grid, its boxes fit crowded and empty country alike.
 */
export function nearestNeighbours(sphere: Sphere, wanted: number): Neighbours {
  const count = Math.max(0, Math.min(wanted, sphere.size - 1))
  const ids = new Int32Array(sphere.size * count)
  const kilometres = new Float64Array(sphere.size * count)
  if (count === 0) return { count, ids, kilometres }
  const search = new NearestSearch(sphere, count)
  for (let place = 0; place < sphere.size; place++) {
    const found = search.around(place)
    ids.set(found, place * count)
    for (let rank = 0; rank < count; rank++) {
      kilometres[place * count + rank] = sphere.kilometres(place, found[rank]!)
    }
  }
  return { count, ids, kilometres }
}

class NearestSearch {
  /** The nodes of a binary heap: the root is 1, the children of n are 2n and 2n + 1, the leaves start here. */
  readonly #firstLeaf: number
  /** Six per node: the least and the greatest x, y and z in it. */
  readonly #boxes: Float64Array
  /** The best found so far, nearest first, of the place being looked at. */
  readonly #found: Int32Array
  readonly #squaredChords: Float64Array
  #place = 0

  constructor(
    private readonly sphere: Sphere,
    count: number,
  ) {
    this.#firstLeaf = Math.ceil(sphere.size / LEAF_SIZE)
    this.#boxes = new Float64Array(this.#firstLeaf * 2 * 6)
    this.#found = new Int32Array(count)
    this.#squaredChords = new Float64Array(count)
    for (let node = this.#firstLeaf * 2 - 1; node >= 1; node--) this.#boxes.set(this.#boxOf(node), node * 6)
  }

  /** The answer is overwritten by the next call. */
  around(place: number): Int32Array {
    this.#place = place
    this.#squaredChords.fill(Number.POSITIVE_INFINITY)
    this.#visit(1)
    return this.#found
  }

  #boxOf(node: number): number[] {
    const inf = Number.POSITIVE_INFINITY
    const box = [inf, inf, inf, -inf, -inf, -inf]
    const include = (x: number, y: number, z: number) => {
      box[0] = Math.min(box[0]!, x)
      box[1] = Math.min(box[1]!, y)
      box[2] = Math.min(box[2]!, z)
      box[3] = Math.max(box[3]!, x)
      box[4] = Math.max(box[4]!, y)
      box[5] = Math.max(box[5]!, z)
    }
    if (node < this.#firstLeaf) {
      for (const at of [node * 12, node * 12 + 3, node * 12 + 6, node * 12 + 9]) {
        include(this.#boxes[at]!, this.#boxes[at + 1]!, this.#boxes[at + 2]!)
      }
      return box
    }
    const { x, y, z, size } = this.sphere
    const first = (node - this.#firstLeaf) * LEAF_SIZE
    for (let i = first; i < Math.min(first + LEAF_SIZE, size); i++) include(x[i]!, y[i]!, z[i]!)
    return box
  }

  #visit(node: number): void {
    if (node >= this.#firstLeaf) {
      this.#visitLeaf(node)
      return
    }
    const left = this.#squaredDistanceTo(node * 2)
    const right = this.#squaredDistanceTo(node * 2 + 1)
    const nearer = left <= right ? node * 2 : node * 2 + 1
    const farther = nearer ^ 1
    if (Math.min(left, right) < this.#worst()) this.#visit(nearer)
    if (Math.max(left, right) < this.#worst()) this.#visit(farther)
  }

  #visitLeaf(node: number): void {
    const first = (node - this.#firstLeaf) * LEAF_SIZE
    for (let i = first; i < Math.min(first + LEAF_SIZE, this.sphere.size); i++) {
      if (i !== this.#place) this.#insert(i, this.sphere.squaredChord(this.#place, i))
    }
  }

  #worst(): number {
    return this.#squaredChords[this.#squaredChords.length - 1]!
  }

  #insert(place: number, squaredChord: number): void {
    let rank = this.#found.length - 1
    if (squaredChord >= this.#squaredChords[rank]!) return
    for (; rank > 0 && this.#squaredChords[rank - 1]! > squaredChord; rank--) {
      this.#found[rank] = this.#found[rank - 1]!
      this.#squaredChords[rank] = this.#squaredChords[rank - 1]!
    }
    this.#found[rank] = place
    this.#squaredChords[rank] = squaredChord
  }

  #squaredDistanceTo(node: number): number {
    const { x, y, z } = this.sphere
    const at = node * 6
    const dx = outside(x[this.#place]!, this.#boxes[at]!, this.#boxes[at + 3]!)
    const dy = outside(y[this.#place]!, this.#boxes[at + 1]!, this.#boxes[at + 4]!)
    const dz = outside(z[this.#place]!, this.#boxes[at + 2]!, this.#boxes[at + 5]!)
    return dx * dx + dy * dy + dz * dz
  }
}

/** How far a value lies outside an interval. */
const outside = (value: number, least: number, greatest: number): number =>
  value < least ? least - value : value > greatest ? value - greatest : 0
