import { build } from 'tsup'

await build({
  entry: { main: 'app/main.js', tasks: 'app/tasks.js' },
  format: 'esm',
  outDir: 'out/tsup-external',
})
