/** Runs the programs that it is given, one behind the other, in one process, and says of each when it is done. */
import { setTimeout as sleep } from 'node:timers/promises'

/** A sample is a few queries.*/
const LIMIT_MILLIS = 60_000

let failed = false
for (const program of process.argv.slice(2)) {
  const tooLong = sleep(LIMIT_MILLIS, undefined, { ref: false }).then(() => {
    throw new Error(`not over after ${LIMIT_MILLIS} ms`)
  })
  try {
    await Promise.race([import(program), tooLong])
    console.log(`done: ${program}`)
  } catch (error) {
    failed = true
    console.error(`${program} failed:`, error)
  }
}
process.exitCode = failed ? 1 : 0
// What a program has left open keeps the process, and its test waits in vain.
