import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import webpack from 'webpack'

await promisify(webpack)({
  mode: 'production',
  optimization: { minimize: false },
  target: 'node',
  entry: {
    main: './app/main-commonjs.js',
    tasks: './app/tasks.js',
    'task-thread': '@pglease/client/task-thread',
    worker: fileURLToPath(new URL('worker.js', import.meta.resolve('piscina'))),
  },
  externals: ['pg-native', '@napi-rs/nice'],
  externalsType: 'commonjs',
  // Exports that Node finds when a thread imports the file.
  output: { path: `${import.meta.dirname}/out/webpack-inlined`, library: { type: 'commonjs-static' } },
})
