import type { Group } from '../target.js'
import { resets } from './resets.js'
import { rows } from './rows.js'
import { scanner } from './scanner.js'
import { tracker } from './tracker.js'

export const framing: Group = {
  name: 'framing',
  about: 'both directions of the protocol, right and wrong bytes, whole against split',
  open: async () => [scanner, tracker, resets, rows],
}
