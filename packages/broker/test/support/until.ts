import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 5
/** Long, for a machine that is busy with other test files: only a test that fails waits for so long. */
export const BOUND_MS = 10_000

/**
 * Waits for a condition to hold, and gives its (truthy) value.
 * @throws {Error} with the message when it does not hold within the bound (default: ten seconds).
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  message: string | (() => string),
  boundMs = BOUND_MS,
): Promise<T> {
  const deadline = performance.now() + boundMs
  for (;;) {
    const value = await condition()
    if (value) return value
    if (performance.now() > deadline) {
      throw new Error(`Waited in vain: ${typeof message === 'string' ? message : message()}`)
    }
    await sleep(POLL_MS)
  }
}

export interface Gate extends Promise<void> {
  open(): void
}

/** Something to wait at until the test opens it. */
export function gate(): Gate {
  let open: () => void
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return Object.assign(opened, { open: () => open() })
}
