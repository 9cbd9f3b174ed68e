import { expect, test } from 'vitest'
import { escapeHtml, htmlPage } from '../src/index.js'

test('text stays text in elements and attributes', () => {
  expect(escapeHtml(`<a href="x">R&D's</a>`)).toBe("&lt;a href=&quot;x&quot;&gt;R&amp;D's&lt;/a&gt;")
})

test('a page has its title, style and body, for light and dark and for narrow screens', () => {
  const page = htmlPage({ title: 'a < b', style: 'p { margin: 0 }\n', body: '<p>text</p>' })
  expect(page).toContain('<title>a &lt; b</title>')
  expect(page).toContain('<style>\np { margin: 0 }\n</style>')
  expect(page).toContain('<body>\n<p>text</p>\n</body>')
  expect(page).toContain('content="light dark"')
  expect(page).toContain('content="width=device-width, initial-scale=1"')
})
