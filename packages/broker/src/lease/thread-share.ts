/**
 * A thread has one control port for each copy of the client's module in it: a few where a bundler has made several, and one
 * for each of its `node:vm` contexts.
 */
export const MOST_CONTROL_PORTS = 1000

/** What one thread has of the broker in all, however often it asks for a control port. */
export class ThreadShare {
  /** How many times the broker may still stand still for it. */
  standstills = 1
  controlPorts = 0
  /** Of all of its control ports. */
  leasePorts = 0
  /** Whether it has been told of that it broke the rules: that is told once. */
  isWarned = false
  /** Whether the executor ends it, whatever it does: what its leases leave is no fault of their holders. */
  isKilled = false
  /** Whether the task that it runs is aborted, of which it may hear late: what that asks for it is not to get. */
  isTaskAborted: () => boolean = () => false
  /** Called when it may be: if it is, what waits for a connection by then waits no more. */
  readonly abortListeners = new Set<() => void>()
}
