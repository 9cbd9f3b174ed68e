import { MessageScanner, onAbort, RowParser, startTypes } from '@pglease/client/internal'
import { asError } from '../common/as-error.js'
import type { ConnectingClient } from './connecting-client.js'
import { PassingError, processMissing } from './passing-error.js'

export interface StartLimits {
  /** For all of it; 0 is none. */
  limitMillis: number
  /** Gives the start up. */
  stop: AbortSignal
}

/**
 * Opens a client's connection, and does what else a session's start consists of. It is given up as soon as its connection
 * ends, whatever it waits for then: a handshake, a password, a hook. And it fails, but throws at nobody else, for what the
 * server sends.
 * @throws Error the first that went wrong; the connection is closed then.
 */
export async function watchStart<T>(
  client: ConnectingClient,
  { limitMillis, stop }: StartLimits,
  start: () => Promise<T>,
): Promise<T> {
  const { connection } = client
  let timer: NodeJS.Timeout | undefined
  let fail: (error: Error) => void = () => {}
  const failure = new Promise<never>((_, reject) => {
    fail = reject
  })
  // It may come when the start is long over.
  failure.catch(() => {})
  const ended = () => fail(new PassingError('Connection terminated unexpectedly'))
  client.on('error', fail)
  connection.on('end', ended)
  // Node's TLS lies on top of the stream that tells of its end otherwise.
  connection.on('sslconnect', () => connection.stream.once('close', ended))
  const scanner = guardParser(client, fail)
  // To the question whether it speaks TLS: `pg` does not say what else it has answered.
  if (client.ssl && client.sslNegotiation !== 'direct')
    connection.stream.once('data', (answer) => {
      const missing = processMissing(answer)
      if (missing !== undefined) fail(missing)
    })
  const stopListening = onAbort(stop, () => fail(new PassingError('The pool is closing')))
  if (limitMillis > 0)
    timer = setTimeout(() => {
      fail(new PassingError(`The connection was not ready within ${limitMillis} ms`))
    }, limitMillis).unref()
  try {
    const started = await Promise.race([start(), failure])
    // Whoever reads on would take its rest for the beginning of another.
    if (!scanner.atBoundary)
      throw new PassingError('The server was saying something more when the start was over')
    return started
  } catch (thrown) {
    connection.stream.destroy()
    throw asError(thrown)
  } finally {
    stopListening()
    clearTimeout(timer)
  }
}

/**
 * As of `pg`, but what its parser, its handlers and those of a hook throw fails the start, and not the process.
 * @returns what knows whether the bytes read so far end with a whole message.
 */
function guardParser({ connection }: ConnectingClient, fail: (error: Error) => void): MessageScanner {
  const scanner = new MessageScanner(startTypes)
  connection.attachListeners = (stream) => {
    const parser = new RowParser()
    let first: Buffer | undefined
    /** Whether a message has been whole. */
    let isHeard = false
    const read = (bytes: Buffer) => {
      for (let at = scanner.next(bytes, 0); at !== -1; ) at = scanner.next(bytes, at)
      parser.parse(bytes, (message) => {
        isHeard = true
        if (connection._emitMessage) connection.emit('message', message)
        connection.emit(message.name === 'error' ? 'errorMessage' : message.name, message)
      })
    }
    stream.on('data', (bytes) => {
      first ??= Buffer.from(bytes)
      try {
        read(bytes)
      } catch (error) {
        // It has no length, so it is never whole.
        const missing = isHeard || parser.fault !== undefined ? undefined : processMissing(first)
        fail(missing ?? asError(error))
        stream.destroy()
      }
    })
  }
  return scanner
}
