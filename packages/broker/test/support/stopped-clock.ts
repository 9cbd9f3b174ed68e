import { afterEach, vi } from 'vitest'

/**
 * Stops the broker's clock, until the end of the test or what it returns is called: the broker takes nothing back for
 * having been kept for long, and resets nothing for having been idle.
 */
export function stopTheClock(): () => void {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now())
  return () => clock.mockRestore()
}

/** Lets the broker's clock jump, from here on until the end of the test. */
export function letTimePass(millis: number): void {
  const now = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => now() + millis)
}

/**
 * Timers that are set on this thread from here on, until the end of the test, wait for what this returns: it lets this many
 * milliseconds pass for them.
 */
export function holdTimers(): (millis: number) => void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  return (millis) => void vi.advanceTimersByTime(millis)
}

/** Lets the clock go on after each test. Call it after `Lending` is made, so that it runs first. */
export function clockGoesOn(): void {
  afterEach(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })
}
