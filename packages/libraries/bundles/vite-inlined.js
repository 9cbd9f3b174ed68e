import { fileURLToPath } from 'node:url'
import { build } from 'vite'

await build({
  ssr: { noExternal: true, external: ['pg-native', '@napi-rs/nice'] },
  build: {
    ssr: true,
    rollupOptions: {
      input: {
        main: 'app/main.js',
        tasks: 'app/tasks.js',
        'task-thread': '@pglease/client/task-thread',
        worker: fileURLToPath(new URL('worker.js', import.meta.resolve('piscina'))),
      },
      output: {
        // All in one folder, with what CommonJS modules expect to find.
        chunkFileNames: '[name]-[hash].js',
        banner: 'const __dirname = import.meta.dirname',
      },
    },
    outDir: 'out/vite-inlined',
  },
})
