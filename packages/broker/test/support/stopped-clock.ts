import { afterEach, vi } from 'vitest'

/**
 * Stops the broker's clock, until the end of the test or what it returns is called: the broker takes nothing back for
 * having been kept for long, and resets nothing for having been idle.
 */
export function stopTheClock(): () => void {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now())
  return () => clock.mockRestore()
}

/** Lets the clock go on after each test. Call it after `Lending` is made, so that it runs first. */
export function clockGoesOn(): void {
  afterEach(() => {
    vi.restoreAllMocks()
  })
}
