/** Resolves after so many milliseconds; rejects with the signal's reason when it is aborted. */
export function pause(millis: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const timer = setTimeout(() => {
      stopListening?.()
      resolve()
    }, millis)
    const stopListening =
      signal &&
      onAbort(signal, () => {
        clearTimeout(timer)
        reject(signal.reason)
      })
  })
}

const listenersOf = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls `listener` when `signal` is aborted; returns how to take that back. One signal may stop thousands of tasks:
 * it gets one listener from here, however many there are, so Node does not warn of a leak.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  let listeners = listenersOf.get(signal)
  if (listeners === undefined) {
    const all = new Set<() => void>()
    listeners = all
    listenersOf.set(signal, all)
    signal.addEventListener('abort', () => [...all].forEach((each) => void each()), { once: true })
  }
  listeners.add(listener)
  return () => listeners.delete(listener)
}
