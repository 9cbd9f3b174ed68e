/**
 * What the frontend has sent and the server has not come to yet, as far as it matters for ReadyForQuery:
 * - `Query`: a Query or FunctionCall; the server answers it with a ReadyForQuery;
 * - `Sync`: answered with a ReadyForQuery, unless a copy-in swallows it;
 * - `CopyEnd`: a CopyDone or CopyFail sent ahead, for a copy that has not begun;
 * - `CopyEndBehind`: the same, behind extended messages that came after the last Query or Sync;
 * - `CopyEndBetween`: the same, with an Execute after it as well, so that a copy may begin on either side.
 */
const Query = 0
const Sync = 1
const CopyEnd = 2
const CopyEndBehind = 3
const CopyEndBetween = 4

/** Paid points that may pile up in front of a pipeline that never runs dry. */
const maxPaid = 1024

/** So many a snapshot may have: about as many queries that nobody has answered. */
export const MOST_POINTS = 2 ** 20

/** Whether a value of another thread's can be the points of a snapshot. */
export function arePoints(value: unknown): value is number[] {
  if (!Array.isArray(value) || value.length > MOST_POINTS) return false
  // Not `every`, which passes over what an array has no value for.
  for (let at = 0; at < value.length; at++) if (!isPoint(value[at])) return false
  return true
}

function isPoint(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= Query && (value as number) <= CopyEndBetween
}

/** What became of the points that a copy-in found behind the message that began it. */
export interface CopyInEffect {
  /** Syncs that the server reads as part of the copy, and ignores. */
  swallowedSyncs: number
  /** Whether the copy's CopyDone or CopyFail is among what was sent ahead. */
  ended: boolean
}

/** The points at which the server will be ready for a query again, oldest first. */
export class SyncPoints {
  /** How many ReadyForQuery the server has still to send. */
  owed = 0

  /** Points in the order they were sent; those before `#head` are paid. */
  #points: number[] = []
  #head = 0
  #tail = 0

  query(): void {
    this.#push(Query)
    this.owed++
  }

  sync(): void {
    this.#push(Sync)
    this.owed++
  }

  /** @param behind whether extended messages were sent before it, and no Sync since */
  copyEnd(behind: boolean): void {
    this.#push(behind ? CopyEndBehind : CopyEnd)
  }

  /** An Execute was sent: it may be what begins the copy that a copy end in front of it cannot end. */
  execute(): void {
    for (let at = this.#tail - 1; at >= this.#head && this.#points[at] === CopyEndBehind; at--) {
      this.#points[at] = CopyEndBetween
    }
  }

  /**
   * A ReadyForQuery came: it pays the oldest Query or Sync. A copy end sent before or straight after that one was
   * meant for a copy that did not take place, and the server discards it.
   *
   * @returns false if nothing was owed
   */
  pay(): boolean {
    if (this.owed === 0) return false
    while (this.#points[this.#head]! >= CopyEnd) this.#head++
    this.#head++
    this.owed--
    while (this.#head < this.#tail && this.#points[this.#head] === CopyEnd) this.#head++
    if (this.#head === this.#tail) this.#head = this.#tail = 0
    else if (this.#head > maxPaid) this.#compact()
    return true
  }

  /**
   * A copy-in began, by the oldest Query or by an Execute in front of the oldest point. "The backend will ignore
   * Flush and Sync messages received during copy-in mode" (PostgreSQL documentation, "COPY Operations"): Syncs sent
   * ahead are not answered, up to the copy end sent ahead, if there is one.
   *
   * @returns undefined if that end may have been sent before the copy began, so that it is none, or if a Query was
   * sent into the copy, which the server ends the connection for
   */
  beginCopyIn(): CopyInEffect | undefined {
    const byQuery = this.#head < this.#tail && this.#points[this.#head] === Query
    const from = byQuery ? this.#head + 1 : this.#head
    let at = from
    while (at < this.#tail && this.#points[at] === Sync) at++
    const swallowedSyncs = at - from
    const ended = at < this.#tail
    if (ended && !this.#endsCopy(at)) return undefined
    if (ended) at++
    // A Query may hold more than one COPY. An Execute holds one, and the server discards further ends.
    if (!byQuery) while (this.#endsCopy(at)) at++
    this.owed -= swallowedSyncs
    this.#remove(from, at)
    return { swallowedSyncs, ended }
  }

  save(): number[] {
    return this.#points.slice(this.#head, this.#tail)
  }

  restore(points: readonly number[]): void {
    this.#points = points.slice()
    this.#head = 0
    this.#tail = points.length
    this.owed = points.filter((point) => point < CopyEnd).length
  }

  #endsCopy(at: number): boolean {
    return at < this.#tail && (this.#points[at] === CopyEnd || this.#points[at] === CopyEndBehind)
  }

  #push(point: number): void {
    this.#points[this.#tail] = point
    this.#tail++
  }

  #remove(from: number, to: number): void {
    this.#points.copyWithin(from, to, this.#tail)
    this.#tail -= to - from
  }

  #compact(): void {
    this.#remove(0, this.#head)
    this.#head = 0
  }
}
