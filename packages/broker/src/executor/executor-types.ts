/** The exported functions of a task module. */
type Exported<M> = {
  [K in keyof M & string as M[K] extends (...values: never[]) => unknown ? K : never]: M[K]
}

/** The names that `run` takes for a task module. */
export type TaskName<M> = keyof Exported<M> & string

/** What the task `N` takes as its first argument. */
export type TaskInput<M, N> = N extends keyof M
  ? M[N] extends (input: infer I, ...rest: never[]) => unknown
    ? I
    : unknown
  : unknown

/** What the task `N` resolves with. */
export type TaskResult<M, N> = N extends keyof M
  ? M[N] extends (...values: never[]) => infer R
    ? Awaited<R>
    : unknown
  : unknown
