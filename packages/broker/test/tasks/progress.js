/** Tasks that report how far they are. */
import { move, transferableSymbol, valueSymbol } from 'piscina'

export function counts(to, { reportProgress }) {
  for (let number = 1; number <= to; number++) reportProgress(number)
  return to
}

export function countsAndFails(to, { reportProgress }) {
  for (let number = 1; number <= to; number++) reportProgress(number)
  throw new Error('Out of numbers')
}

/** Each report has been taken before the next is made. */
export async function countsSlowly({ to, taken }, { reportProgress }) {
  for (let number = 1; number <= to; number++) {
    reportProgress(number)
    while (Atomics.load(taken, 0) < number) await new Promise(setImmediate)
  }
}

/** Reports once, waits until its caller no longer looks, and reports as fast as it can. */
export function floods({ to, cells }, { reportProgress }) {
  reportProgress('ready')
  Atomics.wait(cells, 0, 0)
  for (let number = 1; number <= to; number++) reportProgress(number)
  Atomics.store(cells, 1, 1)
  Atomics.notify(cells, 1)
}

export async function reportsFunction({ taken }, { reportProgress }) {
  let name
  try {
    reportProgress(() => {})
  } catch (error) {
    name = error.name
  }
  for (let number = 1; number <= 3; number++) {
    reportProgress(number)
    while (Atomics.load(taken, 0) < number) await new Promise(setImmediate)
  }
  return name
}

export function endsOnFunction(_input, { reportProgress }) {
  reportProgress(1)
  reportProgress(() => {})
}

export async function reportsTooLate(_input, context) {
  const { reportProgress } = context
  setImmediate(() => reportProgress('too late'))
}

export const answers = (input) => input

export const answersFunction = () => () => {}

export const answersDeepFunction = async (_input, { db }) => {
  await db.query('BEGIN')
  return { rows: [{ save() {} }] }
}

export const answersResult = (_input, { db }) => db.query('SELECT 1')

export const movesFunction = () => move({ [transferableSymbol]: [], [valueSymbol]: { rows: [() => {}] } })

/** Beside a task whose answer cannot be cloned, in the same thread. */
let other
export async function answersLater() {
  await new Promise((resolve) => {
    other = resolve
  })
  return 'later'
}
export async function answersFunctionBeside() {
  while (other === undefined) await new Promise(setImmediate)
  setImmediate(other)
  return () => {}
}
