/** The arguments of one call of a method of `pg.Client`. */
export type Call = unknown[]

interface Submittable {
  submit?: unknown
  callback?: unknown
  handleError?(error: Error, connection: unknown): void
}

/** Answers a call of `connect` or `end` with success, as `pg` would: by the callback or a promise of the class. */
export function answerCall(value: unknown, [callback]: Call, Answer: PromiseConstructorLike): unknown {
  if (typeof callback !== 'function') return new Answer((resolve) => resolve(value))
  process.nextTick(callback as (error: null, value: unknown) => void, null, value)
}

/** The same once something is over, however it ends. */
export function answerCallWhen(
  over: Promise<void> | undefined,
  call: Call,
  Answer: PromiseConstructorLike,
): unknown {
  if (over === undefined) return answerCall(undefined, call, Answer)
  const [callback] = call
  const answered = over.catch(() => {})
  if (typeof callback !== 'function') return new Answer((resolve) => resolve(answered))
  answered.then(() => answerCall(undefined, call, Answer))
}

/** Fails a call of `query` as `pg` would: by its submittable, its callback or a promise of the class. */
export function refuseQuery(
  error: Error,
  [query, ...rest]: Call,
  Answer: PromiseConstructorLike,
  connection?: unknown,
): unknown {
  const config = query as Submittable | undefined
  const callback = [config?.callback, ...rest].find((each) => typeof each === 'function')
  if (typeof config?.submit === 'function') {
    if (callback !== undefined) config.callback = callback
    process.nextTick(() => config.handleError?.(error, connection))
    return config
  }
  if (callback === undefined) return new Answer((_, reject) => reject(error))
  process.nextTick(callback as (error: Error) => void, error)
}

/** Fails a call of `connect` as `pg` would. */
export function refuseConnect(error: Error, call: Call, Answer: PromiseConstructorLike): unknown {
  return refuseQuery(error, [undefined, ...call], Answer)
}
