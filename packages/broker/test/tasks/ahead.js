/** Tasks that say when they begin, and end when they may, in memory that they share with their caller. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { threadId } from 'node:worker_threads'

/** The cells: how often the task has begun, and whether it may end. */
const [BEGUN, MAY_END] = [0, 1]

function begin(cells) {
  Atomics.add(cells, BEGUN, 1)
  Atomics.notify(cells, BEGUN)
}

export function blocks(cells) {
  begin(cells)
  Atomics.wait(cells, MAY_END, 0)
  return threadId
}

/** Its thread's event loop runs meanwhile. */
export async function waits(cells) {
  begin(cells)
  while (Atomics.load(cells, MAY_END) === 0) await sleep(1)
  return threadId
}

export async function printsAndEnds(cells) {
  await waits(cells)
  process.stdout.write('A task has printed this.\n')
  return 'printed'
}

export async function endsWhenAborted(cells, { signal }) {
  begin(cells)
  if (!signal.aborted) await once(signal, 'abort')
}

export async function reportsAndWaits(cells, { signal, reportProgress }) {
  begin(cells)
  reportProgress(threadId)
  await once(signal, 'abort')
}

export async function failsWhenItMay(cells) {
  await waits(cells)
  throw new Error('It may')
}

const ends = {
  'process.exit()': () => process.exit(3),
  'an uncaught error'() {
    setImmediate(() => {
      throw new Error('Nobody catches this')
    })
    return new Promise(() => {})
  },
  'an end out of memory'() {
    const hoard = []
    const grow = () => {
      for (let count = 0; count < 1000; count++) hoard.push(new Array(100).fill(count))
      setImmediate(grow)
    }
    // In steps: a heap that grows past its limit in one go may end the whole process.
    grow()
    return new Promise(() => {})
  },
}

export function endsItsThread({ cells, how }) {
  begin(cells)
  return ends[how]()
}

export async function endsItsThreadWhenItMay({ cells, how }) {
  await waits(cells)
  return ends[how]()
}

/** Its thread ends right behind it, before a task that has arrived meanwhile can begin. */
export async function answersAndEndsItsThread(cells) {
  await waits(cells)
  // What was posted before the cell was set arrives in the next turn.
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
  setImmediate(() => {
    throw new Error('Nobody catches this')
  })
  return 'answered'
}

export async function queries({ cells, text }, { db }) {
  begin(cells)
  return (await db.query(text)).rows[0]
}

/** Takes as long as it is told, and counts how often it has begun, and that no other runs beside it. */
export async function counts({ begun, number, turns, dies }, { db }) {
  Atomics.add(begun, number, 1)
  if (running) throw new Error('Another task runs in this thread')
  running = true
  if (dies) process.exit(3)
  try {
    if (number % 3 === 0) await db.query('SELECT 1')
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
    return number
  } finally {
    running = false
  }
}

let running = false

export const moves = (buffer) => buffer.byteLength
