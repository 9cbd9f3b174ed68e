import { build } from 'esbuild'

await build({
  entryPoints: { main: 'app/main.js', tasks: 'app/tasks.js' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  outdir: 'out/esbuild-external',
})
