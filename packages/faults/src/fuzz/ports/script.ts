import type { Recipe } from '../recipe.js'

/**
 * The ports that lead from a thread to the main thread, as a script names them:
 * - `parent`: `parentPort`;
 * - `control`: the thread's control port, of an attach request of its own;
 * - `lease`: the lease port added last, a channel of the port of all lease ports;
 * - `leases`: that port itself;
 * - a number: one of all ports that anything in the thread has posted to, the library and Piscina among them.
 */
export type PortName = 'parent' | 'control' | 'lease' | 'leases' | number

/** One thing that a thread does which keeps to no rules. */
export type Step =
  | { readonly post: Recipe; readonly to: PortName; readonly times?: number }
  /** Adds a lease port as the library does. */
  | { readonly open: 'lease' | 'lease without a cell' }
  | { readonly wait: 'a turn' | 'a frame' }
  /** Writes to a word of the memory that the latest lease port's cell is in; to all of them at -1. */
  | { readonly write: number; readonly at: number }
  | { readonly close: PortName }

/** One case: in a thread, from its beginning. */
export type Script = readonly Step[]
