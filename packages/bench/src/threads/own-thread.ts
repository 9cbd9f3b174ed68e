/** What the threads of an alternative run: tasks of a plain Piscina. */
import { workerData } from 'piscina'
import type { AccessSpec } from './access.js'
import { LOADS, type LoadCall } from './loads.js'
import { openAccess } from './open-access.js'

const access = await openAccess(workerData as AccessSpec)

export default function runLoad({ name, input }: LoadCall): Promise<unknown> {
  return LOADS[name](access, input as never)
}
