/** Uses lease sockets as libraries do that speak the protocol themselves. */
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { leaseSocket } from '@pglease/client'
import { queryMessage, syncMessage, terminateMessage } from '@pglease/client/internal'
import pg from 'pg'

const client = (options) => new pg.Client({ stream: () => leaseSocket(options) })

const failure = (promise) =>
  promise.then(
    () => 'no failure',
    ({ name, code, message }) => ({ name, code, message }),
  )

function int32(value) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function packet(code, ...rest) {
  const body = Buffer.concat([int32(code), ...rest])
  return Buffer.concat([int32(body.byteLength + 4), body])
}

const startUp = (parameters) =>
  packet(196608, Buffer.from(`${Object.entries(parameters).flat().join('\0')}\0\0`))
const cancelRequest = (processId, secret) => packet(80877102, int32(processId), int32(secret))
const SSL_REQUEST = packet(80877103)
const START_UP = startUp({ user: 'nobody', database: 'none' })

/** The answer to BEGIN. */
const IN_TRANSACTION = 'Z\0\0\0\x05T'
/** The answer to a Sync. */
const IDLE = 'Z\0\0\0\x05I'

/** A socket with all that it has said. */
class Talk {
  socket = leaseSocket()
  #said = ''

  constructor() {
    this.socket.on('data', (bytes) => {
      this.#said += bytes.toString('latin1')
    })
  }

  async untilSaid(text, times = 1) {
    while (this.#said.split(text).length <= times) await once(this.socket, 'data')
  }

  async untilClosed() {
    if (!this.socket.closed) await once(this.socket, 'close')
    return this.#said
  }
}

export async function queries(options) {
  const own = client(options)
  await own.connect()
  const { rows } = await own.query('SELECT $1::int AS n, current_setting($2) AS isolation', [
    7,
    'transaction_isolation',
  ])
  const failed = await failure(own.query('SELECT nothing'))
  await own.end()
  return { rows, failed: failed.code }
}

export async function onlyConnects() {
  const own = client()
  await own.connect()
  await own.end()
}

const SESSION = Buffer.concat([SSL_REQUEST, START_UP, queryMessage('SELECT 1'), syncMessage])

/** The types of the messages that come, where the client writes in chunks of so many bytes. */
export async function talks(chunkBytes) {
  const talk = new Talk()
  const writes = (bytes) => {
    for (let at = 0; at < bytes.byteLength; at += chunkBytes)
      talk.socket.write(bytes.subarray(at, at + chunkBytes))
  }
  writes(SESSION)
  await talk.untilSaid(IDLE, 3)
  writes(terminateMessage)
  const said = Buffer.from(await talk.untilClosed(), 'latin1')
  const types = [said.toString('latin1', 0, 1)]
  for (let at = 1; at < said.byteLength; at += said.readUInt32BE(at + 1) + 1)
    types.push(said.toString('latin1', at, at + 1))
  return types.join('')
}

/** Sleeps until it is cancelled by a socket of its own, the second with the right key, and goes on in the same session. */
export async function isCancelled({ mayCancel }) {
  const own = client()
  await own.connect()
  const sleep = failure(own.query('SELECT pg_sleep(3600)'))
  while (Atomics.load(mayCancel, 0) === 0) await pause(5)
  const answers = []
  for (const wrong of [1, 0]) {
    const talk = new Talk()
    talk.socket.write(cancelRequest(own.processID, (own.secretKey + wrong) >>> 0))
    answers.push(await talk.untilClosed())
  }
  const { code } = await sleep
  const { rows } = await own.query('SELECT 1 AS one')
  await own.end()
  return { answers, code, rows }
}

/** Ends in such a way, with a transaction open. */
export async function ends(how) {
  const talk = new Talk()
  const { socket } = talk
  socket.write(Buffer.concat([START_UP, queryMessage('BEGIN')]))
  await talk.untilSaid(IN_TRANSACTION)
  const open = socket.readyState
  if (how === 'end') socket.end()
  else if (how === 'destroy') socket.destroy()
  else if (how === 'goodbye') socket.write(terminateMessage)
  else socket.end(terminateMessage)
  await talk.untilClosed()
  return [open, socket.readyState]
}

/** What the socket says to a start-up with such parameters. */
export async function starts({ parameters, ends }) {
  const talk = new Talk()
  talk.socket.write(startUp({ user: 'nobody', ...parameters }))
  if (ends) talk.socket.end(terminateMessage)
  return talk.untilClosed()
}

/** Writes bytes with no listener for the error. */
export async function writes(bytes) {
  const socket = leaseSocket()
  socket.resume()
  socket.write(Buffer.from(bytes))
  await new Promise((resolve) => socket.once('close', resolve))
  return failure(Promise.reject(socket.errored))
}

export async function waitsInVain(options) {
  const own = client(options)
  own.on('error', () => {})
  await own.connect()
  return failure(own.query('SELECT 1'))
}
