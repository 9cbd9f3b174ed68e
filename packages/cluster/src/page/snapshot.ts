import type { MemberFigures } from '../member/messages.js'

/** What viewers of the page are sent, as JSON. */
export interface Snapshot {
  readonly jobs: {
    readonly waiting: number
    readonly running: number
    readonly planned: number
    /** For good. */
    readonly failed: number
    readonly runAgain: number
  }
  /** As Postgres sees them. */
  readonly connections: { readonly now: number; readonly peak: number; readonly max: number }
  readonly members: readonly ShownMember[]
  readonly runAgain: readonly {
    readonly country: string
    readonly runs: readonly { readonly process: number; readonly end: string; readonly message: string }[]
  }[]
}

interface ShownMember {
  readonly number: number
  readonly starts: number
  readonly processId: number | undefined
  readonly state: 'starting' | 'working' | 'dead'
  readonly threads: number
  readonly connections: number
  /** As it has last told them. */
  readonly figures: MemberFigures | undefined
  readonly planned: number
  readonly underWay: readonly { readonly country: string; readonly fraction: number }[]
}
