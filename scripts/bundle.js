/**
 * Makes of each package's modules a few files, `lib`: Node takes about a millisecond to find and load a module, and each
 * thread loads them anew. Run behind `tsc -b`, of whose JavaScript they are made.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** One file has all of a package's code. The others export parts of it. */
const EVERYTHING = './internal.js'

/** What the code imports of pg and what pg brings, and how it does from `pg.cjs`, which tells why. */
const OF_PG = {
  pg: 'export { pg as default } from "./pg.cjs"',
  'pg-protocol': 'export { DatabaseError, serialize } from "./pg.cjs"',
  'pg-protocol/dist/parser.js': 'export { Parser } from "./pg.cjs"',
}

export async function bundle() {
  const client = dist('client')
  await write('client', {
    'internal.js': await bundled({
      stdin: { contents: 'export * from "./index.js"; export * from "./internal.js"', resolveDir: client },
      plugins: [pgFromOneFile],
    }),
    'index.js': await reexported(`${client}index.js`),
    'task-thread.js': await bundled({
      entryPoints: [`${client}task/task-thread.js`],
      plugins: [fromEverything(/serve-tasks\.js$/)],
    }),
    'pg.cjs': await withoutMap(`${client}pg.cjs`),
    'index.cjs': await withoutMap(`${client}index.cjs`),
  })

  const broker = dist('broker')
  await write('broker', {
    'index.js': await bundled({ entryPoints: [`${broker}index.js`] }),
    'internal.js': await bundled({ entryPoints: [`${broker}internal.js`] }),
    'index.cjs': await withoutMap(`${broker}index.cjs`),
  })
}

const dist = (name) => fileURLToPath(new URL(`../packages/${name}/dist/`, import.meta.url))

/** Without a source map: the package does not have the sources. */
const builtOf = (options) =>
  build({
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    packages: 'external',
    external: ['./pg.cjs'],
    // Its ESM form, which Node loads faster. It declares no types, so the sources do not ask for it.
    alias: { comlink: 'comlink/dist/esm/comlink.mjs' },
    write: false,
    ...options,
  })

async function bundled(options) {
  const { outputFiles } = await builtOf(options)
  return Buffer.from(withBuiltinsAsked(outputFiles[0].text))
}

/**
 * Node's own modules are asked for. For an import Node lists all that they export, and some of that is loaded by being looked at:
 * a twentieth of what the broker takes to load. First in the file, as imports are.
 */
function withBuiltinsAsked(code) {
  const asked = []
  const rest = code.replace(/^import (\w+|\{.*\}) from ("node:.*");\n/gm, (_, names, module) => {
    asked.push(`const ${names.replaceAll(' as ', ': ')} = process.getBuiltinModule(${module});\n`)
    return ''
  })
  const [other] = /^(?:import|export) .*"node:.*/m.exec(rest) ?? []
  if (other !== undefined) throw new Error(`This way to import a module of Node is not known here: ${other}`)
  return asked.join('') + rest
}

/** What the module exports, as a part of what the file of all code does. */
async function reexported(module) {
  const { metafile } = await builtOf({ entryPoints: [module], metafile: true })
  const [{ exports }] = Object.values(metafile.outputs)
  return Buffer.from(`export { ${exports.join(', ')} } from '${EVERYTHING}'\n`)
}

async function withoutMap(file) {
  const text = await readFile(file, 'utf8')
  return Buffer.from(text.replace(/^\/\/# sourceMappingURL=.*$/m, ''))
}

const pgFromOneFile = {
  name: 'pg-from-one-file',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^pg(-protocol.*)?$/ }, ({ path }) => ({ path, namespace: 'pg' }))
    onLoad({ filter: /./, namespace: 'pg' }, ({ path }) => {
      if (!(path in OF_PG)) throw new Error(`pg.cjs does not have ${path} yet, nor does OF_PG`)
      return { contents: OF_PG[path] }
    })
  },
}

const fromEverything = (filter) => ({
  name: 'from-everything',
  setup({ onResolve }) {
    onResolve({ filter }, () => ({ path: EVERYTHING, external: true }))
  },
})

async function write(name, files) {
  const folder = fileURLToPath(new URL(`../packages/${name}/lib/`, import.meta.url))
  await mkdir(folder, { recursive: true })
  for (const [file, contents] of Object.entries(files)) await writeIfNew(`${folder}${file}`, contents)
  for (const old of await readdir(folder)) if (!(old in files)) await rm(`${folder}${old}`)
}

/** Threads of somebody else may be loading what is there. */
async function writeIfNew(path, contents) {
  const old = await readFile(path).catch(() => undefined)
  if (old === undefined || !old.equals(contents)) await writeFile(path, contents)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle()
