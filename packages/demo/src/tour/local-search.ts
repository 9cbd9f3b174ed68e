import type { ArrayTour } from './array-tour.js'
import type { Meter } from './budget.js'
import type { Neighbours } from './neighbours.js'
import type { Sphere } from './sphere.js'

/** A tenth of a millimetre: what rounding could fake is no gain. */
export const LEAST_GAIN_KM = 1e-7

/** Or-opt moves runs of up to three places (Or, 1976). */
const LONGEST_RUN = 3

/** How many links `exchangeLongLinks` looks at: 45,000 pairs, about a millisecond. */
const LONG_LINKS = 300

type Step = (place: number) => number

/**
 * 2-opt and Or-opt with neighbour lists and a queue of the places worth another look (Bentley, 1992).
 * A move that helps must add a link shorter than one it removes, so only near neighbours are tried.
 */
export class LocalSearch {
  /** First in, first out: the places whose surroundings have changed. A ring of `size` slots. */
  readonly #queue: Int32Array
  readonly #queued: Uint8Array
  #head = 0
  #length = 0
  #gained = 0
  readonly #next: Step
  readonly #previous: Step

  constructor(
    private readonly sphere: Sphere,
    private readonly neighbours: Neighbours,
    private readonly tour: ArrayTour,
    private readonly meter: Meter,
  ) {
    this.#queue = new Int32Array(tour.size)
    this.#queued = new Uint8Array(tour.size)
    this.#next = (place) => tour.next(place)
    this.#previous = (place) => tour.previous(place)
  }

  enqueue(place: number): void {
    if (this.#queued[place]) return
    this.#queued[place] = 1
    this.#queue[(this.#head + this.#length++) % this.#queue.length] = place
  }

  /** Improves around the queued places until none helps or the budget ends; the queue is empty then. Kilometres gained. */
  run(): number {
    this.#gained = 0
    while (this.#length > 0) {
      const place = this.#queue[this.#head]!
      this.#head = (this.#head + 1) % this.#queue.length
      this.#length--
      this.#queued[place] = 0
      while (!this.meter.exhausted && this.#improveAround(place)) this.meter.countMove()
    }
    return this.#gained
  }

  /**
   * 2-opt between the longest links, near or not. Neighbour lists miss these: of two needless flights to an
   * island, no end need be among the nearest few of another. Queues what it changes; whether it changed any.
   */
  exchangeLongLinks(): boolean {
    const length = (place: number) => this.sphere.kilometres(place, this.tour.next(place))
    const lengths = Float64Array.from({ length: this.tour.size }, (_, place) => length(place))
    const longest = Array.from(lengths.keys())
      .sort((a, b) => lengths[b]! - lengths[a]!)
      .slice(0, LONG_LINKS)
    let changed = false
    for (const a of longest) {
      for (const b of longest) {
        if (this.meter.exhausted) return changed
        if (!this.#tryExchange(a, this.tour.next(a), b, this.tour.next(b))) continue
        this.meter.countMove()
        changed = true
      }
    }
    return changed
  }

  #improveAround(place: number): boolean {
    return (
      this.#twoOpt(place, this.#next) ||
      this.#twoOpt(place, this.#previous) ||
      this.#orOpt(place, this.#next, this.#previous) ||
      this.#orOpt(place, this.#previous, this.#next)
    )
  }

  /** Replaces the link from `a` to the place after it, and one like it elsewhere. */
  #twoOpt(a: number, after: Step): boolean {
    const { count, ids, kilometres } = this.neighbours
    const aNext = after(a)
    const removed = this.sphere.kilometres(a, aNext)
    for (let i = a * count; i < (a + 1) * count; i++) {
      if (removed - kilometres[i]! <= LEAST_GAIN_KM) return false
      const b = ids[i]!
      if (this.#tryExchange(a, aNext, b, after(b))) return true
    }
    return false
  }

  #tryExchange(a: number, aNext: number, b: number, bNext: number): boolean {
    if (a === b || b === aNext || bNext === a) return false
    const removed = this.sphere.kilometres(a, aNext) + this.sphere.kilometres(b, bNext)
    const gain = removed - this.sphere.kilometres(a, b) - this.sphere.kilometres(aNext, bNext)
    if (gain <= LEAST_GAIN_KM) return false
    this.tour.exchange(a, aNext, b)
    this.#accept(gain, a, aNext, b, bNext)
    return true
  }

  /** Moves a run of places that begins with `head` and goes `forward` to a place beside a neighbour of `head`. */
  #orOpt(head: number, forward: Step, backward: Step): boolean {
    const before = backward(head)
    const toBefore = this.sphere.kilometres(before, head)
    let tail = head
    for (let length = 1; length <= LONGEST_RUN && length <= this.tour.size - 3; length++) {
      const after = forward(tail)
      const saved = toBefore + this.sphere.kilometres(tail, after) - this.sphere.kilometres(before, after)
      if (this.#insertRun({ before, head, tail, after, length }, saved, forward, backward)) return true
      tail = after
    }
    return false
  }

  #insertRun(run: Run, saved: number, forward: Step, backward: Step): boolean {
    const { count, ids, kilometres } = this.neighbours
    for (let i = run.head * count; i < (run.head + 1) * count; i++) {
      const gain = saved - kilometres[i]!
      if (gain <= LEAST_GAIN_KM) return false
      const beside = ids[i]!
      if (this.#contains(run, beside, forward)) continue
      // The run's head becomes linked to `beside`, its tail to the place after or before that.
      if (beside !== run.before && this.#tryInsert(run, gain, beside, beside, forward(beside))) return true
      if (
        beside !== run.before &&
        beside !== run.after &&
        this.#tryInsert(run, gain, beside, backward(beside), beside)
      )
        return true
    }
    return false
  }

  /** `near` and `far` are linked, and going forward from the run one meets `near` first. */
  #tryInsert(run: Run, gain: number, beside: number, near: number, far: number): boolean {
    const { before, head, tail, after } = run
    const other = beside === near ? far : near
    const total = gain + this.sphere.kilometres(near, far) - this.sphere.kilometres(tail, other)
    if (total <= LEAST_GAIN_KM) return false
    this.tour.exchange(before, head, near)
    this.tour.exchange(before, near, after)
    if (beside === near) this.tour.exchange(near, tail, head)
    this.#accept(total, before, head, tail, after)
    this.enqueue(near)
    this.enqueue(far)
    return true
  }

  #contains(run: Run, place: number, forward: Step): boolean {
    let member = run.head
    for (let i = 0; i < run.length; i++) {
      if (member === place) return true
      member = forward(member)
    }
    return false
  }

  #accept(gain: number, a: number, b: number, c: number, d: number): void {
    this.#gained += gain
    this.enqueue(a)
    this.enqueue(b)
    this.enqueue(c)
    this.enqueue(d)
  }
}

/** Places `head` to `tail`, going forward, between `before` and `after`. */
interface Run {
  readonly before: number
  readonly head: number
  readonly tail: number
  readonly after: number
  readonly length: number
}
