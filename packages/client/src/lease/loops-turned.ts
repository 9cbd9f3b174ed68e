import { Writable } from 'node:stream'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { isMainThread } from 'node:worker_threads'

/** How often both loops must have turned at least: a broker that is there has answered by then. */
const PARTS = 10

/** Of the parent, for each part. */
const LONGEST_STANDSTILL_MILLIS = 60_000

/**
 * Resolves after so much time in which both this thread's event loop and its parent's have turned. Time in which one of them
 * stands still, because its thread computes, counts as a tenth of it, however long it is.
 */
export async function loopsTurned(millis: number, signal: AbortSignal): Promise<void> {
  for (let part = 0; part < PARTS; part++) {
    await delay(millis / PARTS, undefined, { signal })
    await parentTurned(millis, signal)
    // What has come by now is received before.
    await turn(undefined, { signal })
  }
}

/**
 * Resolves when the parent has turned since: Node's own code there acknowledges what a thread writes, also where nobody reads
 * it. But not what is behind much that nobody has read, so the wait is bounded.
 */
async function parentTurned(millis: number, signal: AbortSignal): Promise<void> {
  const { stderr } = process
  // Programs replace it, or its `write`.
  if (isMainThread || !(stderr instanceof Writable)) return
  const most = stderr.writableLength === 0 ? LONGEST_STANDSTILL_MILLIS : millis
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  try {
    await Promise.race([
      new Promise<void>((resolve) => Writable.prototype.write.call(stderr, '', 'utf8', () => resolve())),
      delay(most, undefined, { signal: either, ref: false }),
    ])
  } finally {
    over.abort()
  }
}
