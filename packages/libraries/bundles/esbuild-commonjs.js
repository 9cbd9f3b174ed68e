import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

await build({
  entryPoints: {
    main: 'app/main-commonjs.js',
    tasks: 'app/tasks.js',
    'task-thread': '@pglease/client/task-thread',
    worker: fileURLToPath(new URL('worker.js', import.meta.resolve('piscina'))),
  },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  external: ['pg-native', '@napi-rs/nice'],
  logOverride: { 'empty-import-meta': 'silent' },
  outdir: 'out/esbuild-commonjs',
})
