import type { EmbeddedPostgres } from '@pglease/postgres'
import type { Admin } from '../campaign/admin.js'
import type { Subject } from '../campaign/subject.js'
import type { Random } from '../common/random.js'
import type { NetworkProxy } from '../proxy/network-proxy.js'

/** Of the server: so few that it is soon full; the superuser's own places are left to the administrator. */
export const MAX_CONNECTIONS = 24

/** Whatever can be hurt. */
export interface World {
  readonly server: EmbeddedPostgres
  readonly admin: Admin
  /** Between the process under test and the server. */
  readonly proxy: NetworkProxy
  readonly subject: Subject
}

/**
 * How a task fails that has done nothing wrong, by its error. `unreachable`: its whole wait for a connection was one for the
 * server, because each that was being opened was hit.
 */
export type Failure = 'lost' | 'revoked' | 'closed' | 'timeout' | 'unreachable' | 'refused'

export type FaultGroup = 'threads' | 'backends' | 'network' | 'server'

/** Something that happens to the process under test, from outside of its tasks. */
export interface Fault {
  readonly name: string
  readonly group: FaultGroup
  /** How often, beside the others of its length. */
  readonly weight: number
  /** `quick` ones strike while others last; of the `long` ones there is one at a time. */
  readonly length: 'quick' | 'long'
  /** How many tasks may fail of it in which way. What is not named here may make nobody fail. */
  readonly costs: Partial<Record<Failure, number>>
  /** Resolves when it is over. `missed` when there was nobody to strike. */
  strike(world: World, random: Random): Promise<'struck' | 'missed'>
}
