import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MILLIS = 5

/** Waits for a condition to hold, and gives its (truthy) value. @throws Error when it does not within the bound. */
export async function until<T>(
  condition: () => T | Promise<T>,
  what: () => string,
  boundMillis: number,
): Promise<T> {
  const deadline = performance.now() + boundMillis
  for (;;) {
    const value = await condition()
    if (value) return value
    if (performance.now() > deadline) throw new Error(`Waited ${boundMillis} ms in vain: ${what()}`)
    await sleep(POLL_MILLIS)
  }
}

/** What a promise settles with, or the error when that takes too long. The promise itself goes on. */
export async function within<T>(boundMillis: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${boundMillis} ms in vain: ${what}`)), boundMillis)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
