import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { REPOSITORY, SECTIONS } from './nav.js'

/**
 * For those who read by machine: each page as it is written, beside its HTML; `llms.txt`, which lists them; `llms-full.txt`, which has
 * all of them but the API. See https://llmstxt.org.
 */
export function writePlainText(from: string, to: string): void {
  const read = (file: string) => plain(readFileSync(join(from, file), 'utf8'))
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(to, file)), { recursive: true })
    writeFileSync(join(to, file), text)
  }
  const api = readdirSync(join(from, 'api'), { recursive: true })
    .map((file) => `api/${file}`)
    .filter((file) => file.endsWith('.md'))
  for (const file of api) write(file, read(file))

  const about =
    '# pglease\n\n> The worker threads of a Node.js process share one small pool of Postgres connections.\n'
  const lists: string[] = []
  const texts: string[] = []
  for (const { text, pages } of SECTIONS) {
    const lines = Object.entries(pages).map(([name, title]) => {
      const page = read(`${name}.md`)
      write(`${name}.md`, page)
      texts.push(page)
      return `- [${title}](${name}.md)`
    })
    lists.push(`## ${text}\n\n${lines.join('\n')}\n`)
  }
  const modules = api
    .filter((file) => file.endsWith('/index.md'))
    .map((file) => `- [${dirname(file)}](${file})`)
  lists.push(`## API\n\n${modules.join('\n')}\n`)
  write('llms.txt', [about, ...lists].join('\n'))
  write('llms-full.txt', [about, ...texts].join('\n'))
}

/** Without front matter, components, and the comments that name samples. */
function plain(text: string): string {
  return text
    .replace(/^---\n[\s\S]*?\n---\n+/, '')
    .replace(/^<!--.*-->\n/gm, '')
    .replace(/^<script setup>[\s\S]*?<\/script>\n+/m, '')
    .replace(/^<[A-Z]\w* ?\/>\n/gm, '')
    .replaceAll('](../', `](${REPOSITORY}/`)
}
