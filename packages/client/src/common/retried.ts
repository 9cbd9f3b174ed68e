import { pause } from './abort-listener.js'
import { LeaseTimeoutError, QueueFullError } from './errors.js'
import { isRetryable } from './retryable.js'

const FIRST_PAUSE_MILLIS = 10
const LONGEST_PAUSE_MILLIS = 1000

const RETRIES = 5

interface Retries {
  retries?: number | undefined
  isRetryable?: ((error: unknown) => boolean) | undefined
  signal?: AbortSignal | undefined
}

/** Of whose attempts they are. */
export interface RetryingTask {
  /** Set when it is aborted, also where it has not heard of that: no further try can help. */
  readonly abortReason: unknown
  /** Aborted when it hears of that. */
  readonly signal: AbortSignal
}

/**
 * Tries again what fails of something that another try may mend. The pauses are random, lest those who were in each other's
 * way meet again.
 * @throws what the last try throws, or the signal's reason
 */
export async function retried<T>(
  attempt: () => Promise<T>,
  options: Retries,
  task?: RetryingTask,
): Promise<T> {
  const { retries = RETRIES, signal } = options
  const isWorthIt = options.isRetryable ?? isWorthATry
  for (let count = 0; ; count++) {
    try {
      return await attempt()
    } catch (error) {
      const isAborted = signal?.aborted || task?.abortReason !== undefined
      if (count >= retries || isAborted || !isWorthIt(error)) throw error
    }
    const longest = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS * 2 ** count)
    const millis = Math.random() * longest
    await pause(millis, either(signal, task?.signal))
  }
}

function either(one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  return one === undefined || other === undefined ? (one ?? other) : AbortSignal.any([one, other])
}

/** Who has waited for a connection until its time was over does not wait as long again. */
function isWorthATry(error: unknown): boolean {
  const hasWaited = error instanceof LeaseTimeoutError || error instanceof QueueFullError
  return !hasWaited && isRetryable(error)
}
