import { prototypeOf } from './error-classes.js'
import type { Part, Ref, Wire } from './wire.js'

/** Puts one thrown value together again. */
export class WireDecoder {
  readonly #wire: Wire
  readonly #values: object[]

  constructor(wire: Wire) {
    this.#wire = wire
    this.#values = wire.parts.map(begun)
  }

  decode(): unknown {
    for (const [index, part] of this.#wire.parts.entries()) this.#fill(this.#values[index]!, part)
    return this.#value(this.#wire.thrown)
  }

  #value(ref: Ref): unknown {
    return 'part' in ref ? this.#values[ref.part] : ref.value
  }

  #fill(target: object, { is, fields, hidden = [] }: Part): void {
    if (is === 'map')
      for (const [key, value] of fields)
        (target as Map<unknown, unknown>).set(this.#value(key), this.#value(value))
    else if (is === 'set') for (const [value] of fields) (target as Set<unknown>).add(this.#value(value))
    else
      for (const [name, value] of fields)
        define(target, this.#value(name) as string, this.#value(value), true)
    for (const [name, value] of hidden)
      this.#hide(target as Error, this.#value(name) as keyof Error, this.#value(value))
  }

  /** As `new Error` makes them: so that they print as an error's. */
  #hide(error: Error, name: keyof Error, value: unknown): void {
    if (name === 'stack' || error[name] !== value) define(error, name, value, false)
  }
}

function begun({ is, class: className = 'Error', length = 0 }: Part): object {
  switch (is) {
    case 'map':
      return new Map()
    case 'set':
      return new Set()
    case 'array':
      return Object.assign([], { length })
    case 'object':
      return {}
    case 'error':
      // Made by `new`: what is only of an error's prototype prints and clones as a plain object.
      return Object.setPrototypeOf(new Error(), prototypeOf(className))
  }
}

/** Never by assignment: a field may be called `__proto__`. */
function define(target: object, name: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, name, { value, enumerable, writable: true, configurable: true })
}
