import { readdirSync } from 'node:fs'
import { ConfigurationError } from '@pglease/broker'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../broker/test/support/database.js'
import { failOnLeaks } from '../../broker/test/support/leaks.js'
import { createDashboard } from '../src/index.js'
import { closeAtEnd } from './support/at-end.js'
import { startBroker } from './support/broker.js'
import { ask, serve, serveDashboard } from './support/served.js'

const database = await createTestDatabase()
failOnLeaks(database)
closeAtEnd()

/** Stands for a broker. */
const startAny = Symbol('broker')
const start = (options = {}) => createDashboard(startBroker(database), [], options)

test('the page and all that it refers to are served, each as what it is', async () => {
  const port = await serveDashboard(start())
  const page = await ask(port, '/')
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  const names = [...page.body.matchAll(/(?:href|src)="([^"#]+)"/g)].map((match) => match[1]!)
  expect(names).toContain('page.js')
  const types: Record<string, RegExp> = { js: /^text\/javascript/, css: /^text\/css/, svg: /^image\/svg/ }
  const own = readdirSync(new URL('../page/', import.meta.url)).filter((name) => name !== 'index.html')
  for (const name of new Set([...names, ...own])) {
    const { status, headers, body } = await ask(port, `/${name}?version=1`)
    expect([name, status]).toEqual([name, 200])
    expect(headers['content-type']).toMatch(types[name.split('.').at(-1)!]!)
    expect(Buffer.byteLength(body)).toBe(Number(headers['content-length']))
  }
})

test('everything has a policy that allows nothing but what is served, and the page has nothing that it forbids', async () => {
  const port = await serveDashboard(start())
  for (const path of ['/', '/page.js', '/events', '/nothing']) {
    const { headers } = await ask(port, path, 'HEAD')
    const policy = String(headers['content-security-policy']).split('; ')
    expect(policy).toContain("default-src 'none'")
    for (const part of ['script-src', 'style-src', 'img-src', 'connect-src'])
      expect(policy).toContain(`${part} 'self'`)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(String(policy)).not.toMatch(/unsafe|\*/)
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['access-control-allow-origin']).toBeUndefined()
  }
  const { body } = await ask(port, '/')
  expect(body).not.toMatch(/<style|style="|\son\w+=|javascript:|https?:/)
  expect(body).not.toMatch(/<script(?![^>]*\ssrc=)/)
})

test('what others have written is never made markup of', async () => {
  const port = await serveDashboard(start())
  for (const name of ['page.js', 'tables.js', 'charts.js', 'format.js'])
    expect((await ask(port, `/${name}`)).body).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|DOMParser|new Function/,
    )
})

test.each([
  '/nothing',
  '/events/',
  '/page.js/',
  '//',
  '/../package.json',
  '/..%2fpackage.json',
  '/%2e%2e/package.json',
  '/page/../../package.json',
  '/./page.js',
  '/page%2ejs',
  '/..\\package.json',
  '/constructor',
  '/__proto__',
  '/index.html',
  '/uplot/dist/uPlot.cjs.js',
])('%s is no path of it', async (path) => {
  const port = await serveDashboard(start())
  expect(await ask(port, path)).toMatchObject({ status: 404, body: 'There is no such page.\n' })
})

test('what is no path at all is none of it either', async () => {
  const port = await serveDashboard(start())
  expect((await ask(port, '*', 'OPTIONS')).status).toBe(404)
  expect((await ask(port, 'http://elsewhere/page.js')).status).toBe(404)
})

test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is refused', async (method) => {
  const port = await serveDashboard(start())
  for (const path of ['/', '/page.js', '/events']) {
    const { status, headers } = await ask(port, path, method)
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD'])
  }
})

test('HEAD gets the head alone', async () => {
  const port = await serveDashboard(start())
  const { headers, body } = await ask(port, '/page.css', 'HEAD')
  expect(Number(headers['content-length'])).toBeGreaterThan(1000)
  expect(body).toBe('')
  const events = await ask(port, '/events', 'HEAD')
  expect(events).toMatchObject({ status: 200, body: '' })
  expect(events.headers['content-type']).toMatch(/^text\/event-stream/)
})

test('with a prefix it is there and nowhere else', async () => {
  const port = await serveDashboard(start({ prefix: '/admin/pglease' }))
  expect((await ask(port, '/admin/pglease/')).status).toBe(200)
  expect((await ask(port, '/admin/pglease/page.js')).status).toBe(200)
  expect(await ask(port, '/admin/pglease?x=1')).toMatchObject({
    status: 308,
    headers: { location: './pglease/' },
  })
  for (const path of ['/', '/page.js', '/admin/', '/admin/pgleased', '/other/admin/pglease/'])
    expect((await ask(port, path)).status).toBe(404)
})

test('behind a path that a server has taken off, the page is below a folder', async () => {
  const dashboard = start()
  /** As express does. */
  const port = await serve((request, response) => {
    const originalUrl = request.url!
    request.url = originalUrl.replace('/tools/pglease', '') || '/'
    dashboard(Object.assign(request, { originalUrl }), response)
  })
  expect(await ask(port, '/tools/pglease')).toMatchObject({
    status: 308,
    headers: { location: './pglease/' },
  })
  expect((await ask(port, '/tools/pglease/')).status).toBe(200)
  expect((await ask(port, '/tools/pglease/page.js')).status).toBe(200)
  dashboard.close()
})

test('once it is closed it serves nothing', async () => {
  const dashboard = start()
  const port = await serveDashboard(dashboard)
  dashboard.close()
  dashboard.close()
  for (const path of ['/', '/events']) expect((await ask(port, path)).status).toBe(503)
})

test.each([
  [{ prefix: 'pglease' }, /dashboard\.prefix takes a path/],
  [{ prefix: '/pglease/' }, /prefix/],
  [{ maxViewers: 0 }, /maxViewers takes a whole number from 1/],
  [{ serverMillis: -1 }, /serverMillis/],
  [{ serverShare: 2 }, /serverShare/],
  [{ showStatements: 'yes' }, /showStatements takes true or false/],
  [{ port: 80 }, /no option "port"\. Known: prefix, maxViewers/],
])('%j is refused', (options, message) => {
  expect(() => start(options)).toThrow(ConfigurationError)
  expect(() => start(options)).toThrow(message)
})

test.each([
  ['no broker', []],
  ['an executor in place of it', [{ queueSize: 0, tasks: () => [] }]],
  ['options in place of an executor', [startAny, { prefix: '/pglease' }]],
  ['a number', [startAny, 5]],
  ['nothing among the executors', [startAny, [undefined]]],
  ['null for the options', [startAny, [], null]],
  ['a text for the options', [startAny, [], '/pglease']],
])('%s is refused before anybody watches', (_, values: unknown[]) => {
  const given = values.map((value) => (value === startAny ? startBroker(database) : value))
  const create = createDashboard as (...values: unknown[]) => unknown
  expect(() => create(...given)).toThrow(ConfigurationError)
})
