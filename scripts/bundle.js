/**
 * Makes of each package's modules a few files, `lib`: Node takes about a millisecond to find and load a module, and each
 * thread loads them anew. Run behind `tsc -b`, of whose JavaScript they are made.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** What each package's files are made of, and how each of them begins. */
const PACKAGES = {
  client: {
    files: {
      index: 'index.js',
      internal: 'internal.js',
      'task-thread': 'task/task-thread.js',
      'before-pg': 'before-pg.js',
    },
    banner: "import '#before-pg'",
  },
  // It imports the client first.
  broker: { files: { index: 'index.js', internal: 'internal.js' }, banner: '' },
}

export async function bundle() {
  for (const [name, { files, banner }] of Object.entries(PACKAGES)) await bundlePackage(name, files, banner)
}

async function bundlePackage(name, files, banner) {
  const from = (file) => fileURLToPath(new URL(`../packages/${name}/dist/${file}`, import.meta.url))
  const to = fileURLToPath(new URL(`../packages/${name}/lib/`, import.meta.url))
  const { outputFiles } = await build({
    entryPoints: Object.fromEntries(Object.entries(files).map(([entry, file]) => [entry, from(file)])),
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    packages: 'external',
    external: ['#before-pg'],
    banner: { js: banner },
    // Its ESM form, which Node loads faster. It declares no types, so the sources do not ask for it.
    alias: { comlink: 'comlink/dist/esm/comlink.mjs' },
    sourcemap: 'linked',
    sourcesContent: false,
    outdir: to,
    write: false,
  })
  await mkdir(to, { recursive: true })
  for (const { path, contents } of outputFiles) await writeIfNew(path, contents)
  await writeIfNew(`${to}index.cjs`, await readFile(from('index.cjs')))
  const names = new Set(['index.cjs', ...outputFiles.map(({ path }) => basename(path))])
  for (const old of await readdir(to)) if (!names.has(old)) await rm(`${to}${old}`)
}

/** Threads of somebody else may be loading what is there. */
async function writeIfNew(path, contents) {
  const old = await readFile(path).catch(() => undefined)
  if (old === undefined || !old.equals(contents)) await writeFile(path, contents)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle()
