/** A task that gives the server statements by names that are not its own, by all ways that there are. */
import { withConnection } from '@pglease/client'

/** A message of the frontend's, its body in Latin-1. */
function message(type, body = '') {
  const bytes = Buffer.from(`${type}\0\0\0\0${body}`, 'latin1')
  bytes.writeInt32BE(bytes.length - 1, 1)
  return bytes
}

const messages = (name, text) => [
  message('C', `S${name}\0`),
  message('P', `${name}\0${text}\0\0\0`),
  message('S'),
]

const UNREADABLE = {
  get length() {
    throw new Error('It has none')
  },
}

/** Of a client that need not have sent anything itself. */
const WAYS = {
  'a query of that name': (client, name, text) => client.query({ name, text, values: [1] }),
  'bytes written to its stream': ({ connection }, name, text) =>
    void connection.stream.write(Buffer.concat(messages(name, text))),
  'bytes at the end of its stream': ({ connection }, name, text) =>
    void connection.stream.end(Buffer.concat(messages(name, text))),
  'bytes in small parts': ({ connection }, name, text) => {
    for (const byte of Buffer.concat(messages(name, text))) connection.stream.write(Buffer.from([byte]))
  },
  'messages of its connection': ({ connection }, name, text) => {
    for (const message of messages(name, text)) connection._send(message)
  },
  'messages of its connection, behind a Parse that could not be written': ({ connection }, name, text) => {
    try {
      connection.parse({ name: '', text: 'SELECT 1', types: UNREADABLE })
    } catch {}
    for (const message of messages(name, text)) connection._send(message)
  },
}

export const ways = Object.keys(WAYS)

/** @param isSecond whether something else is asked, and answered, before. */
export const prepares = ({ way, name, text, isSecond, pipeline }) =>
  withConnection(
    async (client) => {
      if (isSecond) await client.query('SELECT 1')
      await WAYS[way](client, name, text)
    },
    { pipeline },
  )
