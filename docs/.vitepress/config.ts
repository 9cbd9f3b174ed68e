import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { type DefaultTheme, defineConfig } from 'vitepress'
import { SECTIONS } from './nav.js'
import { writePlainText } from './plain-text.js'

const DOCS = new URL('../', import.meta.url)

/** Where files of the repository that are no pages can be read. */
const REPOSITORY = 'https://github.com/pglease/pglease/blob/main'

const pages = SECTIONS.flatMap((section) => Object.keys(section.pages))
const files = readdirSync(DOCS).filter((name) => name.endsWith('.md') && name !== 'index.md')
for (const name of files) {
  if (!pages.includes(name.slice(0, -'.md'.length))) throw new Error(`.vitepress/nav.ts has not got ${name}`)
}

/** TypeDoc's, which has run before: see package.json. */
const api = JSON.parse(
  readFileSync(new URL('api/typedoc-sidebar.json', DOCS), 'utf8'),
) as DefaultTheme.SidebarItem[]

export default defineConfig({
  title: 'pglease',
  description: 'The worker threads of a Node.js process share one small pool of Postgres connections.',
  lang: 'en',
  cleanUrls: false,
  srcExclude: ['node_modules/**'],
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Guides', link: '/tasks' },
      { text: 'Reference', link: '/options' },
      { text: 'API', link: '/api' },
    ],
    sidebar: [
      ...SECTIONS.map((section) => ({
        text: section.text,
        items: Object.entries(section.pages).map(([file, text]) => ({ text, link: `/${file}` })),
      })),
      { text: 'API by package', collapsed: true, items: api },
    ],
    outline: [2, 3],
    socialLinks: [{ icon: 'github', link: 'https://github.com/pglease/pglease' }],
  },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config(markdown) {
      // Links out of docs/ are to files of the repository. On the site they lead to where those can be read.
      markdown.core.ruler.push('repository-links', (state) => {
        if (state.env.relativePath.startsWith('api/')) return
        for (const token of state.tokens.flatMap((each) => each.children ?? [])) {
          const target = token.type === 'link_open' ? (token.attrGet('href') ?? '') : ''
          if (target.startsWith('../'))
            token.attrSet('href', `${REPOSITORY}/${posix.normalize(target.slice(3))}`)
        }
      })
    },
  },
  buildEnd: ({ srcDir, outDir }) => writePlainText(srcDir, outDir),
})
