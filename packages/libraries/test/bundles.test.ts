import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { run } from './support/run.js'

// A whole program is bundled by each.
vi.setConfig({ testTimeout: 90_000 })

const FOLDER = new URL('../bundles/', import.meta.url)
const SQUARES = JSON.stringify([1, 4, 9, 16].map((square) => [square, square]))

/** Makes a bundle, in a folder of a package of its type. */
async function bundle(name: string, type: 'module' | 'commonjs'): Promise<URL> {
  await run([`${name}.js`], FOLDER)
  const out = new URL(`out/${name}/`, FOLDER)
  await writeFile(new URL('package.json', out), JSON.stringify({ type }))
  return out
}

/** What is in the folder, where there is no `node_modules`. */
async function copyElsewhere(folder: URL): Promise<URL> {
  const elsewhere = await mkdtemp(join(tmpdir(), 'bundle-'))
  onTestFinished(() => rm(elsewhere, { recursive: true }))
  await cp(folder, elsewhere, { recursive: true })
  return pathToFileURL(`${elsewhere}/`)
}

describe('a program runs whose packages are left out of the bundle, by', () => {
  test.each([
    ['esbuild-external', 'module'],
    ['vite-external', 'module'],
    ['webpack-external', 'commonjs'],
    ['tsup-external', 'module'],
  ] as const)('%s (%s)', async (name, type) => {
    expect(await run(['main.js'], await bundle(name, type))).toBe(SQUARES)
  })
})

describe('a program runs that is all in the bundle, by', () => {
  test.each([
    ['esbuild-module', 'module'],
    ['esbuild-commonjs', 'commonjs'],
    ['vite-inlined', 'module'],
    ['webpack-inlined', 'commonjs'],
    ['tsup-inlined', 'commonjs'],
  ] as const)('%s (%s)', async (name, type) => {
    expect(await run(['main.js'], await copyElsewhere(await bundle(name, type)))).toBe(SQUARES)
  })
})

test('the page shows or links each configuration', async () => {
  const page = await readFile(new URL('../../../docs/bundlers.md', FOLDER), 'utf8')
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.js'))
  const used = await Promise.all(files.map((file) => readFile(new URL(file, FOLDER), 'utf8')))
  const shown = [...page.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code!)
  expect(shown.length).toBeGreaterThan(1)
  expect(used).toEqual(expect.arrayContaining(shown))
  const linked = [...page.matchAll(/libraries\/bundles\/([\w-]+\.js)/g)].map(([, file]) => file!)
  const isShown = (file: string) => shown.includes(used[files.indexOf(file)]!)
  expect(files.filter((file) => !linked.includes(file) && !isShown(file))).toEqual([])
})
