import type { Access } from './access.js'
import * as bulk from './bulk-loads.js'
import { lockThenCompute } from './lock-loads.js'
import { pausedCopyOut } from './paused-loads.js'
import * as point from './point-loads.js'

/** What a thread can be asked to do. All check what they get. */
export const LOADS = { ...point, ...bulk, lockThenCompute, pausedCopyOut }

type AllLoads = typeof LOADS

/** The input and the result of each load, by its name. */
export type Loads = {
  [N in keyof AllLoads]: AllLoads[N] extends (access: Access, input: infer I) => Promise<infer R>
    ? { input: I; result: R }
    : never
}

export interface LoadCall {
  readonly name: keyof Loads
  readonly input: unknown
}
