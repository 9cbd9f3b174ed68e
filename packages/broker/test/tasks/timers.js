/** Counts in memory that others see, as long as the thread's event loop goes round. */
export function counts({ cell }) {
  setInterval(() => Atomics.add(cell, 0, 1), 1).unref()
}
