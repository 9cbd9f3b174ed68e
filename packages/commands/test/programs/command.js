// A command whose first argument says how it ends.
import { abortOnSignals, exitOnSignals, runCommand, UsageError } from '@pglease/commands'

const ENDS = {
  well: async () => 0,
  ill: async () => 7,
  throws: async () => {
    throw Object.assign(new Error('The disk\n  is full.'), { code: 'ENOSPC' })
  },
  throwsNothing: async () => {
    throw undefined
  },
  aborted: async () => {
    const signal = abortOnSignals()
    const aborted = new Promise((_, reject) => {
      signal.onabort = () => reject(signal.reason)
    })
    return waitFor(aborted)
  },
  prints: async () => {
    const signal = abortOnSignals()
    const printing = setInterval(() => process.stdout.write('waiting\n'), 5)
    const aborted = new Promise((_, reject) => {
      signal.onabort = () => reject(new Error('The operation was aborted', { cause: signal.reason }))
    })
    return aborted.finally(() => clearInterval(printing))
  },
  exits: async () => {
    exitOnSignals()
    process.on('exit', () => process.stdout.write('exited\n'))
    return waitFor(new Promise(() => {}))
  },
}

async function waitFor(promise) {
  const alive = setInterval(() => {}, 1000)
  process.stdout.write('waiting\n')
  try {
    return await promise
  } finally {
    clearInterval(alive)
  }
}

await runCommand({
  help: 'Usage: command END\n',
  readArguments: ([end]) => {
    if (end === '--help') return 'help'
    if (!Object.hasOwn(ENDS, end)) throw new UsageError(`There is no end "${end}".`)
    return ENDS[end]
  },
  run: (end) => end(),
})
