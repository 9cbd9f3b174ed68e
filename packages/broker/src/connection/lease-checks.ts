import { type Check, LEASE_OPTION_CHECKS, MOST_NAME, MOST_STACK, textOf } from '@pglease/client/internal'

/** Of what a thread asks for a lease with, and of what it adds to that by itself. */
export const LEASE_CHECKS: Record<string, Check> = {
  ...LEASE_OPTION_CHECKS,
  task: textOf(MOST_NAME),
  openedAt: textOf(MOST_STACK),
}
