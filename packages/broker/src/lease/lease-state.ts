/**
 * - `waiting`: in the line for a connection; what the worker writes is kept. Again so when the connection it was given
 *   could not be reset;
 * - `preparing`: has a connection, which is being given the lease's options; what the worker writes is kept;
 * - `active`: bytes are pumped both ways;
 * - `cancelling`: as `active`, but what the worker writes is kept until the cancel is over, so that it cannot hit the
 *   next query;
 * - `handed-over`: the worker has the socket; nothing of the session is known until it comes back;
 * - `recalled`: the broker has taken the lease back, and waits a little for the worker to return the socket;
 * - `over`: the lease has ended, whoever ended it; its connection is the pool's affair.
 */
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
