import { type TransferHandler, transferHandlers } from 'comlink'
import { fromWire, toWire, type Wire } from '../common/wire-error.js'

type Thrown = { value: unknown }

/**
 * Comlink's own handler keeps only name, message and stack. This one keeps an error's class, code and fields. Both
 * sides must have called this before their first call.
 */
export function keepErrorsWhole(): void {
  const original = transferHandlers.get('throw') as TransferHandler<Thrown, unknown>
  const whole: TransferHandler<Thrown, Wire> = {
    canHandle: (value): value is Thrown => original.canHandle(value),
    serialize: ({ value }) => [toWire(value), []],
    deserialize: (wire) => {
      throw fromWire(wire)
    },
  }
  transferHandlers.set('throw', whole)
}
