import { createConnection } from 'node:net'
import { expect, test } from 'vitest'
import { until } from '../../broker/test/support/until.js'
import { Viewers } from '../src/viewers.js'
import { atEnd, closeAtEnd } from './support/at-end.js'
import { serve } from './support/served.js'

closeAtEnd()

test('a viewer that reads nothing is dropped, with little of what it has missed in memory', async () => {
  const viewers = new Viewers(10, { some: () => {}, none: () => {} })
  let unread = 0
  const port = await serve((_request, response) => {
    response.writeHead(200)
    viewers.add(response)
    const measure = setInterval(() => {
      unread = Math.max(unread, response.writableLength)
    }, 1)
    response.on('close', () => clearInterval(measure))
  })
  const socket = createConnection({ host: '127.0.0.1', port })
  atEnd(() => void socket.destroy())
  socket.on('error', () => {})
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
  await until(() => viewers.size === 1, 'for the viewer')
  const event = 'x'.repeat(1_000_000)
  await until(() => {
    viewers.send(event)
    return viewers.size === 0
  }, 'for it to be dropped')
  expect(unread).toBeLessThan(3 * event.length)
})
