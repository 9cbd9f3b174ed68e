import { inspect } from 'node:util'
import { attempt } from './values.js'
import type { Wire } from './wire.js'
import { WireDecoder } from './wire-decoder.js'
import { WireEncoder } from './wire-encoder.js'

export type { Wire }

/** Never throws, and what it gives can be cloned. */
export function toWire(thrown: unknown): Wire {
  const wire = new WireEncoder().encode(thrown)
  return (
    wire ?? {
      thrown: { value: attempt(() => inspect(thrown)) ?? 'something that cannot be shown' },
      parts: [],
    }
  )
}

/** The thrown value again: each error of its class where both sides know it, else an `Error` of its name. */
export function fromWire(wire: Wire): unknown {
  return new WireDecoder(wire).decode()
}
