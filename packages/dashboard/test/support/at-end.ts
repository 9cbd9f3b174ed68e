import { afterEach } from 'vitest'

const ends: (() => unknown)[] = []

/** What is to be closed behind the test, the last first. */
export function atEnd(end: () => unknown): void {
  ends.push(end)
}

/** To be called behind `failOnLeaks`, which then looks when all is closed. */
export function closeAtEnd(): void {
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
}
