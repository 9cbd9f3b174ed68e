/** Node's timers take no more, in milliseconds: 24 days. */
export const LONGEST_TIMER = 2 ** 31 - 1
