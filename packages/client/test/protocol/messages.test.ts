import { expect, it } from 'vitest'
import { copyFailMessage, queryMessage, syncMessage, terminateMessage } from '../../src/protocol/messages.js'
import { message } from './wire.js'

it('the messages have the format that the protocol describes', () => {
  expect(queryMessage('SELECT 1')).toEqual(message('Q', 'SELECT 1\0'))
  expect(copyFailMessage('no more')).toEqual(message('f', 'no more\0'))
  expect(syncMessage).toEqual(message('S'))
  expect(terminateMessage).toEqual(message('X'))
})
