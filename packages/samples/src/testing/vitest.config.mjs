// #region config
// vitest.config.mjs
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globals: true, // or import `test`, `expect`, … from 'vitest'
    pool: 'forks', // the default; 'threads', 'vmThreads' and 'vmForks' work as well
  },
})
// #endregion config
