import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

await build({
  entry: {
    main: 'app/main-commonjs.js',
    tasks: 'app/tasks.js',
    'task-thread': fileURLToPath(import.meta.resolve('@pglease/client/task-thread')),
    worker: fileURLToPath(new URL('worker.js', import.meta.resolve('piscina'))),
  },
  format: 'cjs',
  external: ['pg-native', '@napi-rs/nice'],
  noExternal: [/^(?!pg-native|@napi-rs)/],
  outExtension: () => ({ js: '.js' }),
  outDir: 'out/tsup-inlined',
})
