import fc from 'fast-check'
import { serialize } from 'pg-protocol/dist/serializer.js'
import { extended, message } from './wire.js'

/** Messages of a frontend. */
export const request = fc.constantFrom(
  serialize.query('SELECT 1'),
  serialize.query('COPY t FROM STDIN'),
  extended('SELECT 1'),
  ...[serialize.sync(), serialize.sync(), serialize.flush()],
  ...[serialize.copyData(Buffer.from('1\n')), serialize.copyDone(), serialize.copyFail('no')],
)

/** A message of a server. */
export const response = fc.oneof(
  fc.constantFrom('I', 'T', 'E').map((status) => message('Z', status)),
  fc
    .tuple(fc.constantFrom(...'12nDCEGHcdNSA'), fc.uint8Array({ maxLength: 9 }))
    .map((parts) => message(...parts)),
)
