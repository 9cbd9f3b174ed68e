/** Tasks for `map`. */
import { setTimeout as sleep } from 'node:timers/promises'

export const squares = (number) => number ** 2

/**
 * Blocks its thread until it may go on, or gives its value at once.
 * @param {{ waitsFor?: Int32Array, value?: number }} input
 */
export function waits({ waitsFor, value }) {
  if (waitsFor === undefined) return value
  Atomics.wait(waitsFor, 0, 0)
  return 'waited'
}

export async function leasesAndWaits(number, { db, signal }) {
  await db.query('SELECT 1')
  if (number === 0) return 'first'
  while (!signal.aborted) await sleep(5)
}

export async function failsAtThree(number, { db, signal }) {
  if (number === 3) await db.query('SELECT 1/0')
  if (number > 3) while (!signal.aborted) await sleep(5)
  return number
}

export async function divides(number, { db }) {
  const { rows } = await db.query('SELECT 12 / $1::int AS quotient', [number])
  return rows[0].quotient
}

export function reports(word, { reportProgress }) {
  reportProgress(word)
  return word
}
