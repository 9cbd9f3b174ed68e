import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts'],
    globalSetup: 'packages/broker/test/support/global-setup.ts',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    // A shared machine may stall a test past its bound once; twice is the test's own fault.
    retry: process.env.CI ? 1 : 0,
    hookTimeout: 30_000,
  },
})
