import { framing } from './framing/group.js'
import { ports } from './ports/group.js'
import type { Group } from './target.js'
import { tls } from './tls/group.js'

export const GROUPS: readonly Group[] = [ports, framing, tls]
