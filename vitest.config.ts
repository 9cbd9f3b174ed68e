import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Tests of what a lease promises, whichever way its bytes go: run again for each of the other ways. */
const EVERY_PATH = 'packages/*/test/behaviour/every-path/*.test.ts'

/** Tests of what a relay may change, and encryption not. */
const EITHER_WAY = 'packages/*/test/behaviour/either-way/*.test.ts'

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

/** Files that start processes first: they are the longest, and one that is begun last is waited for alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const starts = ({ moduleId }: TestSpecification) =>
      !/packages\/(broker|client)\/test\/(?!behaviour\/runners)/.test(moduleId)
    const sorted = await super.sort(files)
    return [...sorted.filter(starts), ...sorted.filter((file) => !starts(file))]
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
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
          include: [EVERY_PATH, EITHER_WAY],
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
