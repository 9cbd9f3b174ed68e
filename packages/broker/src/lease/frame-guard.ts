/**
 * What a thread posts to a lease port is checked here before it is believed: what kind of frame it is, how much it may
 * cost, and whether it may come now.
 *
 * The work for a frame grows with what the frame is made of and with nothing else, and what is kept of it is bounded: bytes
 * by the window of flow control, texts and lists by the limits of the contract.
 */
import { types } from 'node:util'
import {
  type AgainFrame,
  type AskFrame,
  checkOptions,
  isBytes,
  isSnapshot,
  MOST_NAME,
  type NotAwaitedFrame,
  type OpenFrame,
  type ReopenedLease,
  type ReturnedSession,
  type ReturnFrame,
} from '@pglease/client/internal'
import { LEASE_CHECKS } from '../connection/lease-checks.js'
import type { LeaseState } from './lease-state.js'

const WORDS = ['cancel', 'cancel and tell', 'read only', 'aborted', 'release', 'destroy'] as const

type FrameWord = (typeof WORDS)[number]

/** What a frame is, by a word for people. */
export type FrameKind =
  | 'bytes'
  | 'acknowledgement'
  | 'open'
  | 'ask'
  | 'not awaited'
  | 'again'
  | 'return'
  | FrameWord

/** What the guard looks at of the lease that a port carries. */
export interface GuardedLease {
  readonly state: LeaseState
  readonly isTaken: boolean
  readonly request: { readonly database: string }
  readonly relay: { readonly hasRoom: boolean; awaits(bytes: number): boolean }
}

/**
 * In which states of the lease a frame may come; `none` where the port carries no lease. A thread has not heard of what the
 * broker did last, so what was right before that still is.
 */
const MAY_COME: Record<FrameKind, readonly (LeaseState | 'none')[]> = {
  bytes: ['active', 'cancelling', 'waiting', 'preparing', 'over'],
  acknowledgement: ['active', 'cancelling', 'waiting', 'preparing', 'handed-over', 'recalled', 'over'],
  open: ['none', 'over'],
  ask: ['active', 'cancelling', 'waiting', 'preparing', 'over'],
  'not awaited': ['none', 'waiting', 'preparing', 'active', 'cancelling', 'handed-over', 'recalled', 'over'],
  again: ['handed-over', 'recalled', 'over'],
  return: ['handed-over', 'recalled', 'over'],
  'cancel and tell': ['handed-over', 'recalled', 'over'],
  // A request that was refused was no lease for the broker, but is one for the thread.
  cancel: ['none', 'waiting', 'preparing', 'active', 'cancelling', 'handed-over', 'recalled', 'over'],
  'read only': ['none', 'waiting', 'preparing', 'active', 'cancelling', 'handed-over', 'recalled', 'over'],
  aborted: ['none', 'waiting', 'preparing', 'active', 'cancelling', 'handed-over', 'recalled', 'over'],
  release: ['none', 'waiting', 'preparing', 'active', 'cancelling', 'handed-over', 'recalled', 'over'],
  destroy: ['none', 'waiting', 'preparing', 'active', 'cancelling', 'handed-over', 'recalled', 'over'],
}

/** Undefined for what is no frame. */
export function kindOf(frame: unknown): FrameKind | undefined {
  if (areBytes(frame)) return 'bytes'
  if (typeof frame === 'number') return isCount(frame) ? 'acknowledgement' : undefined
  if (typeof frame === 'string') return WORDS.find((word) => word === frame)
  if (typeof frame !== 'object' || frame === null) return undefined
  if (isOpen(frame)) return 'open'
  if (isReturn(frame)) return 'return'
  if (isAgain(frame)) return 'again'
  if (isNotAwaited(frame)) return 'not awaited'
  return isAsk(frame) ? 'ask' : undefined
}

/** Whether a frame of this kind may come now, and is no more than the thread may do now. */
export function mayCome(kind: FrameKind, frame: unknown, lease: GuardedLease | undefined): boolean {
  if (lease === undefined) return MAY_COME[kind].includes('none')
  if (!MAY_COME[kind].includes(lease.state)) return false
  switch (kind) {
    case 'bytes':
    case 'ask':
      return lease.relay.hasRoom
    case 'acknowledgement':
      return lease.relay.awaits(frame as number)
    case 'open':
      return lease.isTaken
    case 'again':
    case 'return':
      return isOf(lease, (frame as AgainFrame | ReturnFrame).reopened)
    default:
      return true
  }
}

/** A socket is kept for leases on its own database. */
function isOf({ request }: GuardedLease, reopened: ReopenedLease | undefined): boolean {
  return reopened === undefined || reopened.request.database === request.database
}

/** Not of memory that the thread could change once it has been looked at. */
function areBytes(value: unknown): value is Uint8Array {
  return isBytes(value) && !types.isSharedArrayBuffer(value.buffer)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}

/** What is wrong with the request is for `checkOptions` to say: its thread is told, and may open another. */
function isOpen(frame: object): frame is OpenFrame {
  const { open, request, bytes }: Partial<OpenFrame> = frame
  return isCount(open) && typeof request === 'object' && request !== null && areBytes(bytes)
}

function isNotAwaited(frame: object): frame is NotAwaitedFrame {
  const { notAwaited, task }: Partial<NotAwaitedFrame> = frame
  return isName(notAwaited) && (task === undefined || isName(task))
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MOST_NAME
}

function isReturn(frame: object): frame is ReturnFrame {
  const { back, session, reopened }: Partial<ReturnFrame> = frame
  return (back === 'release' || back === 'destroy') && isSession(session) && isReopened(reopened)
}

function isAgain(frame: object): frame is AgainFrame {
  const { again, reopened }: Partial<AgainFrame> = frame
  return areBytes(again) && isReopened(reopened)
}

function isAsk(frame: object): frame is AskFrame {
  return areBytes((frame as Partial<AskFrame>).ask)
}

/** What a returned session may be that is no snapshot. */
const RETURNED: readonly string[] = ['idle', 'untouched', 'unknown', 'lost'] satisfies ReturnedSession[]

function isSession(session: unknown): boolean {
  if (typeof session === 'string') return RETURNED.includes(session)
  if (typeof session !== 'object' || session === null) return false
  return isSnapshot(session) || areBytes((session as { behindReset?: unknown }).behindReset)
}

function isReopened(reopened: unknown): boolean {
  if (reopened === undefined) return true
  if (typeof reopened !== 'object' || reopened === null) return false
  const { heldMillis, request }: Partial<ReopenedLease> = reopened
  return isMillis(heldMillis) && isRequest(request)
}

function isMillis(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0 && (value as number) < 2 ** 31
}

function isRequest(request: unknown): boolean {
  try {
    checkOptions('lease', request, LEASE_CHECKS)
    return (request as { database?: unknown }).database !== undefined
  } catch {
    return false
  }
}
