import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

interface PageFile {
  readonly type: string
  readonly path: string | URL
}

const require = createRequire(import.meta.url)
const own = (name: string) => new URL(`../page/${name}`, import.meta.url)

const HTML = 'text/html; charset=utf-8'
const CSS = 'text/css; charset=utf-8'
const JS = 'text/javascript; charset=utf-8'

/** All that is ever read: a request's path is looked up here, and is never one of the disk. */
const FILES: ReadonlyMap<string, PageFile> = new Map([
  ['', { type: HTML, path: own('index.html') }],
  ['page.css', { type: CSS, path: own('page.css') }],
  ['icon.svg', { type: 'image/svg+xml', path: own('icon.svg') }],
  ...['page.js', 'charts.js', 'format.js', 'tables.js'].map((name): [string, PageFile] => [
    name,
    { type: JS, path: own(name) },
  ]),
  ['uplot.js', { type: JS, path: require.resolve('uplot/dist/uPlot.iife.min.js') }],
  ['uplot.css', { type: CSS, path: require.resolve('uplot/dist/uPlot.min.css') }],
])

/** The files of the page, each read once. */
export class PageFiles {
  readonly #read = new Map<string, Promise<Buffer>>()

  typeOf(name: string): string | undefined {
    return FILES.get(name)?.type
  }

  /** @throws Error where it cannot be read */
  read(name: string): Promise<Buffer> {
    const known = this.#read.get(name)
    if (known !== undefined) return known
    const reading = readFile(FILES.get(name)!.path)
    this.#read.set(name, reading)
    reading.catch(() => this.#read.delete(name))
    return reading
  }
}
