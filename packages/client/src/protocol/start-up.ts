/**
 * The messages in front of a session, which have no type byte (PostgreSQL documentation, "Message Formats"), and a server's
 * answers to them.
 */
import { ProtocolError } from '../common/errors.js'
import { ErrorResponse, ParameterStatus, ReadyForQuery } from './backend-types.js'

/** Types of messages that a server sends at the start-up only. */
const Authentication = 0x52
const BackendKeyData = 0x4b

export type StartUpMessage =
  /** May the connection be encrypted? */
  | { is: 'encryption request' }
  | ({ is: 'cancel request' } & BackendKey)
  | { is: 'start-up'; parameters: ReadonlyMap<string, string> }

/** What a session is cancelled by. */
export interface BackendKey {
  processId: number
  secret: number
}

/** `MAX_STARTUP_PACKET_LENGTH` in the server's source. */
const MAX_BYTES = 10_000
/** The length, which counts itself, and the code. */
const HEADER_BYTES = 8

const CANCEL_REQUEST = 80_877_102
const SSL_REQUEST = 80_877_103
const GSS_REQUEST = 80_877_104
const PROTOCOL_3_0 = 196_608

/**
 * The message that the bytes begin with, and how long it is; undefined while it has not all come.
 * @throws ProtocolError for bytes that begin none.
 */
export function readStartUp(bytes: Buffer): { message: StartUpMessage; length: number } | undefined {
  if (bytes.byteLength < 4) return undefined
  const length = bytes.readUInt32BE(0)
  if (length < HEADER_BYTES || length > MAX_BYTES)
    throw new ProtocolError(`A start-up has the length ${length}`)
  if (bytes.byteLength < length) return undefined
  return { message: parse(bytes.subarray(4, length)), length }
}

function parse(bytes: Buffer): StartUpMessage {
  const code = bytes.readUInt32BE(0)
  switch (code) {
    case SSL_REQUEST:
    case GSS_REQUEST:
      return { is: 'encryption request' }
    case CANCEL_REQUEST:
      if (bytes.byteLength !== 12) throw new ProtocolError('A cancel request has a key of another length')
      return { is: 'cancel request', processId: bytes.readUInt32BE(4), secret: bytes.readUInt32BE(8) }
  }
  if (code !== PROTOCOL_3_0)
    throw new ProtocolError(`A lease speaks version 3.0 of the protocol, not ${code >>> 16}.${code & 0xffff}`)
  return { is: 'start-up', parameters: parametersOf(bytes.toString('utf8', 4)) }
}

/** Names and values by turns, each with a zero behind it, and another zero behind all. */
function parametersOf(texts: string): Map<string, string> {
  const found = new Map<string, string>()
  const parts = texts.split('\0')
  for (let at = 0; parts[at]; at += 2) found.set(parts[at]!, parts[at + 1] ?? '')
  return found
}

/** To a client that asks for encryption: there is none. */
export const notEncrypted: Buffer = Buffer.from('N')

/** To a start-up: all is well, the session is there. */
export function started(key: BackendKey, settings: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat([
    message(Authentication, int32(0)),
    ...Object.entries(settings).map((setting) => message(ParameterStatus, ...setting.map(text))),
    message(BackendKeyData, int32(key.processId), int32(key.secret)),
    message(ReadyForQuery, Buffer.from('I')),
  ])
}

/** To a start-up: there will be no session. `code` is an SQLSTATE. */
export function refused(code: string, why: string): Buffer {
  const fields = { S: 'FATAL', V: 'FATAL', C: code, M: why }
  const body = Object.entries(fields).map(([name, value]) => text(name + value))
  return message(ErrorResponse, ...body, Buffer.of(0))
}

function message(type: number, ...body: Buffer[]): Buffer {
  const bytes = Buffer.concat(body)
  return Buffer.concat([Buffer.of(type), int32(bytes.byteLength + 4), bytes])
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`)
}
