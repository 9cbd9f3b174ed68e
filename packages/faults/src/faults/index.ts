import { backendFaults } from './backends.js'
import type { Fault } from './fault.js'
import { linkFaults, networkFaults } from './links.js'
import { processFaults } from './processes.js'
import { serverFaults } from './servers.js'

export const FAULTS: readonly Fault[] = [
  ...processFaults,
  ...backendFaults,
  ...linkFaults,
  ...networkFaults,
  ...serverFaults,
]
