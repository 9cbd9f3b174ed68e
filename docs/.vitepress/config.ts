import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { type DefaultTheme, defineConfig } from 'vitepress'
import { REPOSITORY, SECTIONS } from './nav.js'
import { writePlainText } from './plain-text.js'

const DOCS = new URL('../', import.meta.url)

const pages = SECTIONS.flatMap((section) => Object.keys(section.pages))
const files = readdirSync(DOCS).filter((name) => name.endsWith('.md') && name !== 'index.md')
for (const name of files) {
  if (!pages.includes(name.slice(0, -'.md'.length))) throw new Error(`.vitepress/nav.ts has not got ${name}`)
}

/** Whether only the pages are built that are written by hand: for the check, in a third of the time. pnpm says which script runs. */
const isCheck = process.env.npm_lifecycle_event === 'check'

/** TypeDoc's, which has run before: see package.json. */
const api = JSON.parse(
  readFileSync(new URL('api/typedoc-sidebar.json', DOCS), 'utf8'),
) as DefaultTheme.SidebarItem[]

/** The guides before the API: they say what a name is for. */
const SEARCH = {
  provider: 'local' as const,
  options: {
    miniSearch: {
      searchOptions: { boostDocument: (id: string) => (id.startsWith('/api/') ? 0.3 : 1) },
    },
  },
}

/** Groups that cannot be folded: the theme makes of one that can a button with a button inside. */
function flat(items: DefaultTheme.SidebarItem[]): DefaultTheme.SidebarItem[] {
  return items.map(({ collapsed: _, items: inner, ...item }) =>
    inner ? { ...item, items: flat(inner) } : item,
  )
}

export default defineConfig({
  title: 'pglease',
  description: 'The worker threads of a Node.js process share one small pool of Postgres connections.',
  lang: 'en',
  cleanUrls: false,
  srcExclude: ['node_modules/**', ...(isCheck ? ['api/**'] : [])],
  // The check looks for these itself.
  ignoreDeadLinks: isCheck ? [/^\.?\/?api\//] : false,
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  themeConfig: {
    ...(isCheck ? {} : { search: SEARCH }),
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Guides', link: '/tasks' },
      { text: 'Reference', link: '/options' },
      { text: 'API', link: '/api' },
    ],
    sidebar: {
      '/api/': [{ text: 'API', link: '/api' }, ...flat(api)],
      '/': SECTIONS.map((section) => ({
        text: section.text,
        items: Object.entries(section.pages).map(([file, text]) => ({ text, link: `/${file}` })),
      })),
    },
    outline: [2, 3],
    socialLinks: [{ icon: 'github', link: 'https://github.com/pglease/pglease' }],
  },
  ...(isCheck ? { vite: { build: { minify: false } } } : {}),
  markdown: {
    // Of no matter to the check, and half of its time.
    ...(isCheck
      ? { highlight: (code: string) => `<pre v-pre><code>${code.replace(/[<>&]/g, ' ')}</code></pre>` }
      : {}),
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config(markdown) {
      // Code that is only indented, as in docstrings, is shown as all other: it scrolls by itself.
      markdown.renderer.rules.code_block = (tokens, index, options, env, self) => {
        tokens[index]!.info = 'ts'
        return markdown.renderer.rules.fence!(tokens, index, options, env, self)
      }
      // A cell of a table's head that is empty is no heading of anything.
      markdown.core.ruler.push('empty-heads', ({ tokens }) => {
        for (const [index, token] of tokens.entries()) {
          if (token.type !== 'th_open' || tokens[index + 1]?.content !== '') continue
          token.tag = 'td'
          tokens[index + 2]!.tag = 'td'
        }
      })
      // Links out of docs/ are to files of the repository. On the site they lead to where those can be read.
      markdown.core.ruler.push('repository-links', (state) => {
        if (state.env.relativePath?.startsWith('api/')) return
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
