/** Waits for a key, or for whatever ends the process. */
export function untilDismissed(signal: AbortSignal): Promise<void> {
  const { stdin } = process
  return new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener('abort', done)
      if (stdin.isTTY) stdin.off('data', done).setRawMode(false).pause()
      clearInterval(alive)
      resolve()
    }
    // Signals alone keep no process alive.
    const alive = setInterval(() => {}, 60_000)
    if (signal.aborted) return done()
    signal.addEventListener('abort', done)
    // Raw, so that any key will do.
    if (stdin.isTTY) stdin.setRawMode(true).resume().once('data', done)
  })
}
