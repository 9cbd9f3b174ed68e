/**
 * Looks at values that came over a port. They are of Node's own realm, so inside a `node:vm` context, as of Jest, `instanceof`
 * knows none of them.
 */
import { types } from 'node:util'
import type { MessagePort } from 'node:worker_threads'

/** Of all that can be posted only a port has methods. */
export function isPort(value: unknown): value is MessagePort {
  return typeof Object(value).postMessage === 'function'
}

export function isBytes(value: unknown): value is Uint8Array {
  return types.isUint8Array(value)
}

/** Memory of this size, and no other, that threads share. */
export function isMemory(value: unknown, bytes: number): value is SharedArrayBuffer {
  if (!types.isSharedArrayBuffer(value) || value.byteLength !== bytes) return false
  return (value as { readonly growable?: boolean }).growable !== true
}
