import { get, type IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { until } from '../../broker/test/support/until.js'
import { DemoProcess } from './support/demo-process.js'

/** Long, for a machine that is busy with other test files: a run has a server to start and cities to load. */
const PLANNING_MS = 60_000

interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: string
}

function ask(url: string, headers = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(url, { headers }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }))
    }).on('error', reject)
  })
}

interface Tour {
  id: string
  data: unknown
}

/** The tours of which the page is told, those to come as well. */
function watch(url: string, headers = {}): Promise<Tour[]> {
  const told: Tour[] = []
  let text = ''
  return new Promise((resolve, reject) => {
    get(url, { headers, agent: false }, (response) => {
      resolve(told)
      response.on('error', () => {})
      response.setEncoding('utf8').on('data', (more: string) => {
        text += more
        const events = [...text.matchAll(/^id: (.*)\ndata: (.*)\n\n/gm)]
        told.splice(0, told.length, ...events.map(([, id, data]) => ({ id: id!, data: JSON.parse(data!) })))
      })
    }).on('error', reject)
  })
}

test('with --dashboard the pool and the map are served while the run goes on, and until Ctrl-C', {
  timeout: 3 * PLANNING_MS,
}, async () => {
  const demo = new DemoProcess(['--countries', 'FJ,LI', '--moves', '20', '--dashboard'])
  const address = /http:\S+\//
  const url = (await until(() => address.exec(demo.stderr)?.[0], 'for the address', PLANNING_MS))!
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
  await until(async () => (await ask(url)).status === 200, 'for the page of the pool', PLANNING_MS)
  const tours = await watch(`${url}map/tours`)
  await until(() => tours.length === 2, 'for both tours', PLANNING_MS)
  expect(tours.map(({ id }) => id)).toEqual(['1', '2'])
  expect(tours.map(({ data }) => data)).toContainEqual({
    country: 'FJ',
    title: expect.stringMatching(/^Fiji: 8 cities, [\d,]+ km$/),
    path: expect.stringMatching(/^M/),
    colour: expect.any(Number),
  })
  // A page that was cut off has seen the first.
  const rest = await watch(`${url}map/tours`, { 'last-event-id': '1' })
  await until(() => rest.length > 0, 'for the second tour')
  expect(rest).toEqual(tours.slice(1))
  expect((await ask(`${url}map/world`)).body).toMatch(/^<svg id="map"/)
  const page = await ask(`${url}map/`)
  expect(page.headers['content-security-policy']).toContain("default-src 'none'")
  for (const [, name] of page.body.matchAll(/(?:href|src)="([^"]+)"/g))
    expect([name, (await ask(new URL(name!, `${url}map/`).href)).status]).toEqual([name, 200])
  expect((await ask(`${url}map/../../package.json`)).status).toBe(404)
  expect((await ask(`${url}/`)).status).toBe(404)
  expect((await ask(url, { host: 'elsewhere' })).status).toBe(403)

  await until(() => demo.stderr.includes('The pages stay at'), 'for the end of the run', PLANNING_MS)
  expect(demo.stdout).toContain('verified in SQL')
  expect((await ask(`${url}map/`)).status).toBe(200)
  demo.interrupt()
  expect((await demo.ended).code).toBe(0)
  await expect(ask(url)).rejects.toThrow('ECONNREFUSED')
})
