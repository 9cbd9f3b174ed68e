import { createSecretKey, X509Certificate } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { BlockList } from 'node:net'
import { ReadableStream, TransformStream, WritableStream } from 'node:stream/web'
import { MessageChannel, type TransferListItem } from 'node:worker_threads'
import { queryMessage } from '@pglease/client/internal'

/**
 * A value that a thread may post, as JSON: so a case can be printed, kept in a file and repeated. An object with the key
 * `$` stands for what JSON has not, or for what is too large to be written down.
 */
export type Recipe = null | boolean | number | string | readonly Recipe[] | { readonly [key: string]: Recipe }

/** What a value is built of, beside its recipe. */
export interface Ingredients {
  /** What has to be moved with the value. */
  readonly transfer: TransferListItem[]
  /** The memory that the thread shares with the broker, by the name `cell`. */
  readonly cell: SharedArrayBuffer
  /** An open file for each that the recipe asks for: see `openFiles`. */
  readonly files: FileHandle[]
}

/** What one value at the most is given of these. */
const MOST_FILES = 4

/** For `build`, which cannot wait. */
export function openFiles(recipe: Recipe): Promise<FileHandle[]> {
  const count = JSON.stringify(recipe).split('"$":"file"').length - 1
  return Promise.all(Array.from({ length: Math.min(count, MOST_FILES) }, () => open(process.execPath)))
}

type Special = { readonly [key: string]: Recipe }

type View = new (buffer: ArrayBuffer) => ArrayBufferView

/** Of nobody. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBeDCCAR+gAwIBAgIUFxVntNDHIXSPitg4so14Mhor5RcwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGbm9ib2R5MCAXDTI2MTEyODExNDYyMloYDzIxMjYxMTA0MTE0
NjIyWjARMQ8wDQYDVQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAQZZS9lLyF6lHo/rJOYKSGkwV2vn/+8vI6hNUcTfPEEpzJ2y9jUbxoPd+JxlEgC
AOwsfm8f2VPiPRnVD+GCJuW+o1MwUTAdBgNVHQ4EFgQU6RXdOOLFVK2RCf96Ls8Q
x0fm+0MwHwYDVR0jBBgwFoAU6RXdOOLFVK2RCf96Ls8Qx0fm+0MwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiA5R/RKwi49kH60APzlEAUpjoWF/Ugy
MmMXvTnmhpoMEQIgKMveDHTpC7pePv1LjSSYQtqT6UMtccO4yJ5Ro8XVM7E=
-----END CERTIFICATE-----`

const VIEWS: Record<string, View> = { Uint8Array, Int32Array, Float64Array, BigInt64Array, DataView }

const SPECIAL: Record<string, (recipe: Special, ingredients: Ingredients) => unknown> = {
  undefined: () => undefined,
  number: ({ is }) => Number(is),
  minusZero: () => -0,
  bigint: ({ is }) => BigInt(String(is)),
  bytes: ({ hex }) => new Uint8Array(Buffer.from(String(hex), 'hex')),
  query: ({ text }) => new Uint8Array(queryMessage(String(text))),
  message: ({ type, hex }) => message(String(type), Buffer.from(String(hex), 'hex')),
  array: ({ type, length }) => new VIEWS[String(type)]!(new ArrayBuffer(8 * Number(length))),
  shared: ({ bytes }) => new SharedArrayBuffer(Number(bytes)),
  buffer: ({ bytes }) => new ArrayBuffer(Number(bytes)),
  cell: (_, { cell }) => cell,
  text: ({ of, times }) => String(of).repeat(Number(times)),
  sparse: ({ length }) => Object.assign([], { length: Number(length) }),
  filled: ({ with: value, times }, ingredients) => Array(Number(times)).fill(build(value!, ingredients)),
  deep: ({ levels }) => deep(Number(levels)),
  keys: ({ count }) =>
    Object.fromEntries(Array.from({ length: Number(count) }, (_, at) => [`key ${at}`, at])),
  map: ({ of }, ingredients) => new Map([[build(of!, ingredients), build(of!, ingredients)]]),
  set: ({ of }, ingredients) => new Set([build(of!, ingredients)]),
  date: ({ millis }) => new Date(Number(millis)),
  pattern: () => /x/,
  error: ({ message: text }) => new TypeError(String(text)),
  cycle: () => cycle(),
  port: (_, { transfer }) => {
    const { port1, port2 } = new MessageChannel()
    port1.unref()
    return moved(port2, transfer)
  },
  file: (_, { files, transfer }) => {
    const file = files.pop()
    return file && moved(file, transfer)
  },
  readable: (_, { transfer }) => moved(new ReadableStream(), transfer),
  writable: (_, { transfer }) => moved(new WritableStream(), transfer),
  'failing stream': (_, { transfer }) => moved(failingStream(), transfer),
  transform: (_, { transfer }) => moved(new TransformStream(), transfer),
  blob: () => new Blob(['blob']),
  certificate: () => new X509Certificate(CERTIFICATE),
  key: () => createSecretKey(Buffer.from('secret')),
  addresses: () => new BlockList(),
}

export function build(recipe: Recipe, ingredients: Ingredients): unknown {
  if (typeof recipe !== 'object' || recipe === null) return recipe
  if (Array.isArray(recipe)) return recipe.map((each) => build(each, ingredients))
  const special = recipe as Special
  const make = typeof special.$ === 'string' ? SPECIAL[special.$] : undefined
  if (make !== undefined) return make(special, ingredients)
  // Defined, not set: a key may be `__proto__`.
  return Object.fromEntries(Object.entries(special).map(([key, value]) => [key, build(value, ingredients)]))
}

function moved<T>(value: T, transfer: TransferListItem[]): T {
  transfer.push(value as TransferListItem)
  return value
}

function failingStream(): ReadableStream {
  return new ReadableStream({
    pull: () => Promise.reject(new Error('forged')),
  })
}

/** A message in the format of both directions of the protocol. */
function message(type: string, body: Buffer): Uint8Array {
  const bytes = new Uint8Array(5 + body.byteLength)
  bytes[0] = type.charCodeAt(0)
  new DataView(bytes.buffer).setInt32(1, 4 + body.byteLength)
  bytes.set(body, 5)
  return bytes
}

function deep(levels: number): unknown {
  let value: unknown = 'deep'
  for (let level = 0; level < levels; level++) value = { value }
  return value
}

function cycle(): unknown {
  const value: Record<string, unknown> = {}
  value.self = value
  return value
}
