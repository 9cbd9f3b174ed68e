import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Tests of what a lease promises, whichever way its bytes go: run again for each of the other ways. */
const EVERY_PATH = 'packages/*/test/behaviour/every-path/*.test.ts'

/** Without what lets threads have sockets. */
const WITHOUT_KOFFI = new URL('packages/broker/test/support/without-koffi.cjs', import.meta.url)

/**
 * Node 20 optimises functions while a thread starts, of which that thread, that lives for one test, has nothing: a fifth of the
 * processor time of all tests. What runs for long is optimised all the same. Later versions do not know the option, and
 * count calls instead.
 */
const OPTIMISE_LATE = process.version.startsWith('v20.') ? ['--interrupt-budget=1400000'] : []

const test = {
  pool: 'forks' as const,
  execArgv: OPTIMISE_LATE,
  // Files clean up behind themselves, and fail when they do not: to load everything anew for each takes a third of the time.
  isolate: false,
  testTimeout: 30_000,
  hookTimeout: 30_000,
}

export default defineConfig({
  test: {
    globalSetup: 'packages/broker/test/support/global-setup.ts',
    // On two processors: tests wait for about a fifth of their time.
    maxWorkers: 3,
    // A shared machine may stall a test past its bound once; twice is the test's own fault.
    retry: process.env.CI ? 1 : 0,
    projects: [
      { extends: true, test: { ...test, name: 'all', include: ['packages/*/test/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          ...test,
          name: 'relayed',
          include: [EVERY_PATH],
          execArgv: [...OPTIMISE_LATE, '--require', fileURLToPath(WITHOUT_KOFFI)],
          provide: { relayed: true },
        },
      },
      {
        extends: true,
        test: {
          ...test,
          name: 'tls',
          include: [EVERY_PATH, 'packages/*/test/behaviour/handed-over/*.test.ts'],
          provide: { overTls: true },
        },
      },
    ],
  },
})
