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
