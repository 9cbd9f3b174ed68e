const STAGES = ['unknown', 'asking', 'working', 'leaving', 'releasing', 'over'] as const

/** Where a task stands, for people: it asks for its lease, works with it, leaves something, gives it back. */
export type Stage = (typeof STAGES)[number]

/** What is known of each task of a round in all threads. */
export class Progress {
  /** For the progress of another thread. */
  readonly memory: SharedArrayBuffer
  /** Two words of each task: how often it has begun, and its stage. */
  readonly #words: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#words = new Int32Array(memory)
  }

  static for(tasks: number): Progress {
    return new Progress(new SharedArrayBuffer(2 * tasks * Int32Array.BYTES_PER_ELEMENT))
  }

  /** @throws Error when it has begun before. */
  begin(id: number): void {
    if (Atomics.add(this.#words, 2 * id, 1) !== 0) throw new Error('A task has begun twice')
  }

  enter(id: number, stage: Stage): void {
    this.#words[2 * id + 1] = STAGES.indexOf(stage)
  }

  stageOf(id: number): Stage {
    return STAGES[this.#words[2 * id + 1]!]!
  }
}
