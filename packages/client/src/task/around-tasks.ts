/** What is known of a task before it begins. */
export interface AroundTask {
  /** The name of its function. */
  task: string
  /** What has come with it from the main thread: see the channel `taskQueued` of `@pglease/broker`. */
  carrier: Readonly<Record<string, string>>
}

/** Calls `run`, once, and returns what that returns; or throws in its place. */
export type TaskWrapper = (run: () => unknown, about: AroundTask) => unknown

const wrappers: TaskWrapper[] = []

const NOTHING: AroundTask['carrier'] = Object.freeze({})

/**
 * Has each task of the executor in this thread begin within `wrap`, from the next one on, or, when its own module calls this while it is
 * loaded, from that one on: for a context of `AsyncLocalStorage`, a trace, or a log line. One that is given later is within those
 * before. Does nothing in other threads.
 * @returns what ends it.
 */
export function aroundTasks(wrap: TaskWrapper): () => void {
  wrappers.push(wrap)
  return () => {
    const at = wrappers.indexOf(wrap)
    if (at !== -1) wrappers.splice(at, 1)
  }
}

/** Begins a task within all that was given. */
export function begin(
  { name, carrier = NOTHING }: { name: string; carrier?: AroundTask['carrier'] },
  run: () => unknown,
): unknown {
  if (wrappers.length === 0) return run()
  const about = { task: name, carrier }
  return wrappers.reduceRight<() => unknown>((inner, wrap) => () => wrap(inner, about), run)()
}
