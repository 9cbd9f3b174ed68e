/** What a load has done in its time. */
export interface Done {
  /** Queries, rows, bytes: what the case counts. */
  readonly units: number
  readonly seconds: number
}

/** Does `once` again and again until the time is up, at least once. It returns how many units it did. */
export async function repeat(millis: number, once: () => Promise<number>): Promise<Done> {
  const start = performance.now()
  let units = 0
  do {
    units += await once()
  } while (performance.now() - start < millis)
  return { units, seconds: (performance.now() - start) / 1000 }
}

/** Several repetitions at the same time in one thread. */
export async function together(repetitions: Promise<Done>[]): Promise<Done> {
  const all = await Promise.all(repetitions)
  return {
    units: all.reduce((sum, { units }) => sum + units, 0),
    seconds: Math.max(...all.map(({ seconds }) => seconds)),
  }
}

/** An answer was not what the server stores: the numbers of its contender mean nothing. */
export function check(isRight: boolean, what: string): void {
  if (!isRight) throw new Error(`Wrong answer: ${what}`)
}
