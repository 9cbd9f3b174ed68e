/** Of each there is a file that says how a lease comes to it, what it does there, and how it leaves. */
export type LeaseState =
  | 'waiting'
  | 'preparing'
  | 'active'
  | 'cancelling'
  | 'handed-over'
  | 'recalled'
  | 'over'

export const LEASE_TRANSITIONS = {
  waiting: ['preparing', 'active', 'over'],
  preparing: ['waiting', 'active', 'over'],
  active: ['waiting', 'cancelling', 'handed-over', 'over'],
  cancelling: ['active', 'over'],
  'handed-over': ['waiting', 'recalled', 'over'],
  recalled: ['over'],
  over: [],
} as const satisfies Record<LeaseState, readonly LeaseState[]>
