import { build } from 'vite'

await build({
  ssr: { external: true },
  build: {
    ssr: true,
    rollupOptions: { input: { main: 'app/main.js', tasks: 'app/tasks.js' } },
    outDir: 'out/vite-external',
  },
})
