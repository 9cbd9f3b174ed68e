import { promisify } from 'node:util'
import webpack from 'webpack'

await promisify(webpack)({
  mode: 'production',
  optimization: { minimize: false },
  target: 'node',
  entry: { main: './app/main-commonjs.js', tasks: './app/tasks.js' },
  externals: [/^[@\w]/],
  externalsType: 'commonjs',
  output: { path: `${import.meta.dirname}/out/webpack-external`, library: { type: 'commonjs2' } },
})
