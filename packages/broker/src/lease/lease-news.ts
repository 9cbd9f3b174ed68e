/** What is published of leases. Nothing is made of it while nobody listens. */
import { connectionLost } from '@pglease/client/internal'
import { channels, type GrantedLeaseMessage, type LeaseMessage } from '../common/channels.js'

/** What is told of any lease. */
export interface ToldLease {
  readonly number: number
  readonly request: { readonly database: string }
  readonly task: string | undefined
  readonly peer: { readonly threadId: number }
  readonly home: { readonly database: { readonly broker?: string | undefined } }
  /** Of the server; undefined while it has no connection. */
  readonly processId: number | undefined
}

/** One that the broker has granted, perhaps with others behind it that its thread has begun by itself. */
export interface FirstLease extends ToldLease {
  readonly ownNumber: number
}

/**
 * How a lease with a connection has ended: its holder has released it, or its thread has ended; the broker has taken it back; or
 * its connection is gone.
 */
export type LeaseEnding =
  | { readonly is: 'released' }
  | { readonly is: 'revoked' | 'lost'; readonly error: Error }

export const RELEASED: LeaseEnding = { is: 'released' }

/** Of a lease whose connection is found to be gone at its end. */
export function lostEnding({
  ending,
  request,
}: { ending: LeaseEnding } & Pick<ToldLease, 'request'>): LeaseEnding {
  if (ending.is !== 'released') return ending
  return {
    is: 'lost',
    error: connectionLost(request.database, new Error('The server closed the connection')),
  }
}

let lastNumber = 0

export function nextLeaseNumber(): number {
  return ++lastNumber
}

export function tellRequested(lease: ToldLease): void {
  if (channels.leaseRequested.hasSubscribers) channels.leaseRequested.publish(about(lease))
}

/** @param kept whether the thread has begun it by itself. */
export function tellGranted(lease: ToldLease, waitMillis: number, kept: boolean): void {
  if (!channels.leaseGranted.hasSubscribers) return
  channels.leaseGranted.publish({ ...aboutGranted(lease), waitMillis, kept })
}

/** @param since when it was asked for. */
export function tellRefused(lease: ToldLease, since: number, error: Error): void {
  if (!channels.leaseRefused.hasSubscribers) return
  channels.leaseRefused.publish({ ...about(lease), waitMillis: performance.now() - since, error })
}

/** @param since when it was asked for. */
export function tellWithdrawn(lease: ToldLease, since: number): void {
  if (!channels.leaseWithdrawn.hasSubscribers) return
  channels.leaseWithdrawn.publish({ ...about(lease), waitMillis: performance.now() - since })
}

export function tellEnded(lease: ToldLease, holdMillis: number, ending: LeaseEnding): void {
  switch (ending.is) {
    case 'released':
      if (channels.leaseReleased.hasSubscribers)
        channels.leaseReleased.publish({ ...aboutGranted(lease), holdMillis })
      return
    case 'revoked':
      if (channels.leaseRevoked.hasSubscribers)
        channels.leaseRevoked.publish({ ...aboutGranted(lease), holdMillis, error: ending.error })
      return
    case 'lost':
      if (channels.leaseLost.hasSubscribers)
        channels.leaseLost.publish({ ...aboutGranted(lease), holdMillis, error: ending.error })
  }
}

/** Whether somebody wants to know of leases that a thread begins by itself. */
export function isAnybodyTold(): boolean {
  return (
    channels.leaseGranted.hasSubscribers ||
    channels.leaseReleased.hasSubscribers ||
    channels.leaseRequested.hasSubscribers
  )
}

function about({ number, request, task, peer, home }: ToldLease): LeaseMessage {
  const { broker } = home.database
  return { lease: number, broker, database: request.database, task, threadId: peer.threadId }
}

function aboutGranted(lease: ToldLease): GrantedLeaseMessage {
  if (lease.processId === undefined)
    throw new Error('A lease without a connection was told of as if it had one')
  return { ...about(lease), processId: lease.processId }
}
