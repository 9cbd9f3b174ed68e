import { expect, it } from 'vitest'
import {
  cancelRequest,
  copyFailMessage,
  queryMessage,
  syncMessage,
  terminateMessage,
} from '../../src/protocol/messages.js'
import { message } from './wire.js'

it('the messages have the format that the protocol describes', () => {
  expect(queryMessage('SELECT 1')).toEqual(message('Q', 'SELECT 1\0'))
  expect(copyFailMessage('no more')).toEqual(message('f', 'no more\0'))
  expect(syncMessage).toEqual(message('S'))
  expect(terminateMessage).toEqual(message('X'))
})

it('a CancelRequest carries a key of four bytes or of any other length', () => {
  expect(cancelRequest(258, -1).toString('hex')).toBe('0000001004d2162e00000102ffffffff')
  expect(cancelRequest(258, Buffer.from('ffffffff', 'hex'))).toEqual(cancelRequest(258, -1))
  expect(cancelRequest(258, Buffer.alloc(32, 7)).toString('hex')).toBe(
    `0000002c04d2162e00000102${'07'.repeat(32)}`,
  )
})
