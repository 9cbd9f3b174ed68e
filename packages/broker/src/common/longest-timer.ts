/** Node's timers take no more, in milliseconds: 24 days. */
export const LONGEST_TIMER = 2 ** 31 - 1

/** Keeps the process from ending until it is cleared. */
export function stayAlive(): NodeJS.Timeout {
  return setInterval(() => {}, LONGEST_TIMER)
}
