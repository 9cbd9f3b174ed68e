import { setTimeout as sleep } from 'node:timers/promises'

const MEBIBYTE = 1024 * 1024

/** The memory of this process that the system holds for it. */
export function residentMebibytes(): number {
  return process.memoryUsage.rss() / MEBIBYTE
}

/** The same once it has stopped growing. */
export async function settledMebibytes(): Promise<number> {
  let before = 0
  let now = residentMebibytes()
  while (Math.abs(now - before) > 0.5) {
    await sleep(50)
    before = now
    now = residentMebibytes()
  }
  return now
}
