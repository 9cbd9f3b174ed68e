import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

await build({
  entryPoints: {
    main: 'app/main.js',
    tasks: 'app/tasks.js',
    'task-thread': '@pglease/client/task-thread',
    worker: fileURLToPath(new URL('worker.js', import.meta.resolve('piscina'))),
  },
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  external: ['pg-native', '@napi-rs/nice'],
  // What CommonJS modules expect to find.
  banner: {
    js: `import { createRequire as makeRequire } from 'node:module'
const require = makeRequire(import.meta.url), __dirname = import.meta.dirname`,
  },
  outdir: 'out/esbuild-module',
})
