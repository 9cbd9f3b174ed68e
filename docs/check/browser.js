/**
 * Looks at each page of the built site in Chromium, at 360, 800 and 1600 pixels, light and dark: what axe finds, what can be scrolled
 * sideways, what the keyboard reaches. `node check/browser.js start tls`: these pages only.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import axe from 'axe-core'
import { chromium } from 'playwright-core'

const SITE = fileURLToPath(new URL('../.vitepress/dist/', import.meta.url))
const WIDTHS = [360, 800, 1600]
const { CHROMIUM, SCREENSHOTS } = process.env

const places = [CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = places.find((path) => path !== undefined && existsSync(path))
if (executablePath === undefined) {
  console.log('No Chromium is here, so no page is looked at: install one, or say in CHROMIUM where it is.')
  process.exit(0)
}
const all = readdirSync(SITE, { recursive: true })
  .map((file) => file.replaceAll(sep, '/'))
  .filter((file) => file.endsWith('.html'))
if (!all.includes('api/@pglease/broker/index.html')) {
  console.error('Build the whole site first: pnpm run build')
  process.exit(1)
}
const wanted = process.argv.slice(2)
const pages = wanted.length === 0 ? all : wanted.map((name) => `${name}.html`)

const server = createServer(serve)
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const origin = `http://127.0.0.1:${server.address().port}`
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
const faults = new Map()
/** Kept by what is wrong: one fault of the theme is on each page. */
const add = (fault, where) => faults.set(fault, [...(faults.get(fault) ?? []), where])

const page = await browser.newPage({ reducedMotion: 'reduce' })
page.on('pageerror', ({ message }) => add(`an error: ${message}`, page.url().slice(origin.length)))
for (const file of pages) {
  await page.goto(`${origin}/${file}`, { waitUntil: 'load' })
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme })
    for (const width of WIDTHS) {
      const where = `${file} ${colorScheme} ${width}`
      await page.setViewportSize({ width, height: 1000 })
      const scrolls = await page.evaluate('document.documentElement.scrollWidth')
      if (scrolls > width) add(`can be scrolled sideways`, `${where} (${scrolls})`)
      for (const fault of await axeFaults()) add(fault, where)
      if (SCREENSHOTS !== undefined) await screenshot(`${file.replaceAll('/', '_')}-${colorScheme}-${width}`)
    }
  }
}
await keyboard()
await browser.close()
server.close()

for (const [fault, where] of faults)
  console.error(`${fault}\n  ${where.length} times, as in ${where.slice(0, 4).join(', ')}\n`)
console.log(`${pages.length} pages, ${WIDTHS.length} widths, light and dark: ${faults.size} faults`)
process.exitCode = faults.size === 0 ? 0 : 1

/** By the rules of WCAG 2.2 and of good practice. */
async function axeFaults() {
  await page.evaluate(axe.source)
  const violations = await page.evaluate(async () => (await globalThis.axe.run()).violations)
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}\n  ${failureSummary.replace(/\s+/g, ' ')}`,
    ),
  )
}

/** What somebody without a mouse does. */
async function keyboard() {
  const expected = (what, holds) => holds || add(`by keyboard: ${what}`, `at ${page.viewportSize().width}`)
  const focused = (of) => page.evaluate(`document.activeElement?.${of}`)
  const press = (key) => page.keyboard.press(key)
  const isDark = () => page.evaluate("document.documentElement.classList.contains('dark')")
  /** Goes on until what has the focus matches, and checks that one sees where it is. */
  const tabTo = async (selector) => {
    for (let stops = 0; stops < 60; stops++) {
      await press('Tab')
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle)
      expected(`a focus that can be seen on ${await focused('outerHTML.slice(0, 120)')}`, outline !== 'none')
      if (await page.evaluate((each) => document.activeElement.matches(each), selector)) return true
    }
    return false
  }
  await page.emulateMedia({ colorScheme: 'light' })
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 1000 })
    await page.goto(`${origin}/start.html`, { waitUntil: 'networkidle' })
    await press('Tab')
    expected('the first stop skips to the content', /Skip to content/.test(await focused('textContent')))
    await press('Enter')
    expected('the skip link leads into the content', (await focused('id')) === 'VPContent')
    await page.goto(`${origin}/start.html`, { waitUntil: 'networkidle' })

    expected('the search is reached', await tabTo('.DocSearch-Button'))
    await press('Enter')
    await page.locator('#localsearch-input').fill('resetQuery')
    await page.locator('.result').first().waitFor()
    await press('Escape')
    await page.locator('#localsearch-input').waitFor({ state: 'detached' })
    if (width < 768) {
      expected('the menu is reached', await tabTo('.VPNavBarHamburger'))
      await press('Enter')
      await page.locator('.VPNavScreen').waitFor()
    }
    const theme = width < 768 ? '.VPNavScreen .VPSwitchAppearance' : '.VPSwitchAppearance'
    if (width >= 768 && width < 1280) {
      expected('the menu of extras is reached', await tabTo('.VPNavBarExtra > button'))
      await press('Enter')
    }
    expected('the switch of the theme is reached', await tabTo(theme))
    await press('Enter')
    expected('the theme is switched', await isDark())
    await press('Enter')
    expected('and switched back', !(await isDark()))
    if (width < 960) {
      await page.goto(`${origin}/start.html`, { waitUntil: 'networkidle' })
      expected('the list of pages is reached', await tabTo('.VPLocalNav .menu'))
      await press('Enter')
      await page.locator('.VPSidebar.open').waitFor()
    }
    expected('a page is reached', await tabTo('.VPSidebar a[href*="tasks"]'))
    await press('Enter')
    await page.waitForURL(/tasks/)
  }
}

async function screenshot(name) {
  mkdirSync(SCREENSHOTS, { recursive: true })
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true })
}

function serve({ url }, response) {
  const TYPES = {
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.svg': 'image/svg+xml',
    '.woff2': 'font/woff2',
  }
  const path = join(SITE, decodeURIComponent(new URL(url, 'http://localhost').pathname))
  if (!path.startsWith(SITE) || !existsSync(path) || extname(path) === '')
    return response.writeHead(404).end()
  response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/plain' }).end(readFileSync(path))
}
