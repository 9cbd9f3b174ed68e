/** Looks, in the site as it is built, for links to headings that are not there, and for files of the repository that are not. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

/** TypeDoc's pages, which the check does not build. */
const API = new URL('../api/', import.meta.url)
const SITE = new URL('../.vitepress/dist/', import.meta.url)
const ROOT = new URL('../../', import.meta.url)
const REPOSITORY = 'https://github.com/pglease/pglease/blob/main/'

const files = readdirSync(SITE, { recursive: true }).filter((file) => file.endsWith('.html'))
const pages = new Map(
  files.map((file) => [file.replaceAll('\\', '/'), readFileSync(new URL(file, SITE), 'utf8')]),
)
const ids = new Map([...pages].map(([file, html]) => [file, new Set(attributes(html, 'id'))]))

const broken = new Set()
for (const [file, html] of pages) {
  for (const link of attributes(html, 'href')) {
    if (link.startsWith(REPOSITORY)) {
      const path = link.slice(REPOSITORY.length).replace(/#.*/, '')
      if (!existsSync(new URL(path, ROOT))) broken.add(`${file}: no file ${path}`)
    } else if (link.startsWith('/api/') || link.startsWith('./api/')) {
      const path = link.replace(/^.*?api\//, '').replace(/\.html.*/, '.md')
      if (!existsSync(new URL(path, API))) broken.add(`${file}: no API page ${path}`)
    } else if (link.includes('#') && !/^[a-z]+:/.test(link)) {
      const [path, id] = link.split('#')
      const target = path === '' ? file : posix.join('/', posix.dirname(file), path).slice(1)
      const page = path.startsWith('/') ? path.slice(1) : target
      if (!ids.get(page)?.has(decodeURIComponent(id))) broken.add(`${file}: no ${link}`)
    }
  }
}

for (const line of broken) console.error(line)
console.log(`${pages.size} pages, ${broken.size} links to what is not there`)
process.exitCode = broken.size === 0 ? 0 : 1

function attributes(html, name) {
  const found = html.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))
  return [...found].map(([, value]) => value.replaceAll('&amp;', '&'))
}
