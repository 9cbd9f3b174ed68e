import { inspect } from 'node:util'
import { attempt } from './values.js'
import { WireDecoder } from './wire-decoder.js'
import { WireEncoder } from './wire-encoder.js'

/**
 * Any thrown value as data that a port can carry. Structured clone drops an error's class and own fields, wherever in the
 * value the error is, and refuses the whole for one function: this keeps the errors, and loses what cannot be cloned.
 */
export interface Wire {
  thrown: Ref
  /** Each is referred to by its index: values may hold each other in circles. */
  parts: Part[]
}

/** A value as it is, or the index of its part. */
export type Ref = { value: unknown } | { part: number }

/** A value that was taken apart. */
export interface Part {
  is: 'error' | 'array' | 'map' | 'set' | 'object'
  /** A name and a value; of a map a key and a value; of a set the value twice. */
  fields: [Ref, Ref][]
  /** Fields of an error that do not show. */
  hidden?: [Ref, Ref][]
  /** The name of an error's nearest class that both sides know. */
  class?: string
  /** Of an array, which may have holes. */
  length?: number
}

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
