import { existsSync, mkdirSync } from 'node:fs'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase } from '../../broker/test/support/database.js'
import { gate } from '../../broker/test/support/until.js'
import { createDashboard } from '../src/index.js'
import { closeAtEnd } from './support/at-end.js'
import { hold, startBroker, startExecutor } from './support/broker.js'
import { serveDashboard } from './support/served.js'

const { CHROMIUM } = process.env
const places = [CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = places.find((path) => path !== undefined && existsSync(path))
if (executablePath === undefined)
  console.warn(
    'No Chromium is here, so the page is not looked at: install one, or say in CHROMIUM where it is.',
  )

/** Where screenshots go, for people to look at. Default: nowhere. */
const { SCREENSHOTS } = process.env

/** It looks up nothing outside. */
const QUIET = [
  'no-sandbox',
  'disable-background-networking',
  'disable-component-update',
  'disable-sync',
  'disable-quic',
]

describe.skipIf(executablePath === undefined)('in a browser the page', { timeout: 120_000 }, () => {
  closeAtEnd()
  let browser: Browser
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: executablePath!,
      args: QUIET.map((each) => `--${each}`),
    })
    page = await browser.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    page.on('pageerror', ({ message }) => complaints.push(message))
  }, 120_000)

  afterAll(() => browser?.close())

  async function open() {
    const database = await createTestDatabase()
    const broker = startBroker(database, { max: 2, showStatements: true }, 'reports')
    const executor = startExecutor(broker)
    const memory = new SharedArrayBuffer(4)
    const dashboard = createDashboard(broker, executor, { prefix: '/admin/pglease', serverMillis: 1 })
    // A warning to show.
    await broker.withConnection((client) => client.query('BEGIN'))
    const held = await hold(broker)
    const here = gate()
    const run = () => executor.run(memory, { name: 'holds', onProgress: () => here.open() })
    const tasks = Promise.allSettled([run(), run(), run()])
    await here
    const waiting = broker.withConnection((client) => client.query('SELECT 1'))
    const port = await serveDashboard(dashboard)
    await page.goto(`http://127.0.0.1:${port}/admin/pglease`)
    await page.getByRole('status').filter({ hasText: 'Live' }).waitFor()
    const end = async () => {
      Atomics.store(new Int32Array(memory), 0, 1)
      Atomics.notify(new Int32Array(memory), 0)
      await held.release()
      await Promise.all([waiting, tasks])
    }
    return { end }
  }

  test('shows who has what, takes the keyboard, and has no fault that axe finds, in light and dark, at 360, 800 and 2000 px', async () => {
    const { end } = await open()
    expect(await page.title()).toBe('reports · pglease')
    await page.getByRole('table', { name: 'Leases and who waits' }).getByText('waiting').first().waitFor()

    await page.getByRole('log').getByText('PGLEASE_OPEN_TRANSACTION').waitFor()

    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const width of [360, 800, 2000]) {
        await page.setViewportSize({ width, height: 1000 })
        const wide = await page.evaluate('document.documentElement.scrollWidth')
        expect(wide, `${colorScheme} ${width}`).toBeLessThanOrEqual(width)
        if (SCREENSHOTS !== undefined) {
          mkdirSync(SCREENSHOTS, { recursive: true })
          await page.screenshot({ path: `${SCREENSHOTS}/${colorScheme}-${width}.png`, fullPage: true })
        }
        expect(await faults(page), `${colorScheme} ${width}`).toEqual([])
      }
    }

    await page.evaluate('document.activeElement?.blur()')
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement?.textContent')).toBe('Skip to the figures')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement?.id')).toBe('main')
    await page.keyboard.press('Shift+Tab')
    expect(await page.evaluate('document.activeElement?.id')).toBe('pause')
    await page.keyboard.press('Space')
    await page.getByRole('status').filter({ hasText: 'Paused' }).waitFor()
    expect(await page.getByRole('button', { name: 'Go on' }).getAttribute('aria-pressed')).toBe('true')
    await page.keyboard.press('Enter')
    await page.getByRole('status').filter({ hasText: 'Live' }).waitFor()
    await end()
    await page.goto('about:blank')
    expect(complaints).toEqual([])
  })
})

/** What axe finds, by the rules of WCAG 2.2 and of good practice. Evaluated, so that the page's policy need allow no script. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }
    interface Violation {
      id: string
      nodes: { html: string; failureSummary: string }[]
    }
    const { violations } = await axe.run()
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join('; ')}`,
    )
  })
}
