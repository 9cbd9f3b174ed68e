import { partsOf } from '@pglease/client/internal'

/**
 * What a thread can move here with a message: ports, streams, and open files. Of these a file that is merely forgotten ends
 * the process from Node 25 on, when it is collected.
 */

/** Of a message that is larger the rest is not looked at: no honest one brings so much. */
const MOST_LOOKED_AT = 10_000

/** What closes a stream to write, one to read, a port or a file. Of all that crosses a port only Node's own has methods. */
const CLOSERS = ['abort', 'cancel', 'close'] as const

/**
 * Closes what a message has brought that nobody will use. Out of reach is what its thread has moved without naming it in the
 * message.
 * @param used is somebody's.
 */
export function closeBrought(message: unknown, used?: object): void {
  const found = new Set([message])
  for (const value of found) {
    if (Object(value) !== value || value === used || closes(value as object)) continue
    for (const part of partsOf(value as object)) {
      if (found.size >= MOST_LOOKED_AT) return
      found.add(part)
    }
  }
}

/** Whether it was one to close. */
function closes(value: object): boolean {
  const closer = CLOSERS.find((name) => typeof Reflect.get(value, name) === 'function')
  if (closer === undefined) return false
  // One that is in use cannot be closed now; it is not forgotten then.
  new Promise((resolve) => resolve(Reflect.apply(Reflect.get(value, closer), value, []))).catch(() => {})
  return true
}
