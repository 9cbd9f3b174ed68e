/** What a thread posts to its lease port is checked before it is believed. */
import {
  type Acknowledgement,
  type AgainFrame,
  type AskFrame,
  isBytes,
  isSnapshot,
  type OpenFrame,
  type ReturnedSession,
  type ReturnFrame,
} from '@pglease/client/internal'
import { checkOptions } from '../common/option-check.js'
import { LEASE_CHECKS } from '../connection/lease-checks.js'

/** What a returned session may be that is no snapshot. */
const RETURNED: readonly string[] = ['idle', 'untouched', 'unknown', 'lost'] satisfies ReturnedSession[]

export function isAcknowledgement(frame: unknown): frame is Acknowledgement {
  return Number.isSafeInteger(frame) && (frame as number) > 0
}

function isSession(session: unknown): boolean {
  if (typeof session !== 'object') return RETURNED.includes(session as string)
  return isSnapshot(session) || isBytes(Object(session).behindReset)
}

function isMillis(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0 && (value as number) < 2 ** 31
}

function isReopened(reopened: unknown): boolean {
  const { heldMillis, request } = Object(reopened)
  return reopened === undefined || (isMillis(heldMillis) && isRequest(request))
}

function isRequest(request: unknown): boolean {
  try {
    checkOptions('lease', request, LEASE_CHECKS)
    return Object(request).database !== undefined
  } catch {
    return false
  }
}

export function isAgain(frame: unknown): frame is AgainFrame {
  const { again, reopened }: Partial<AgainFrame> = Object(frame)
  return isBytes(again) && isReopened(reopened)
}

export function isAsk(frame: unknown): frame is AskFrame {
  return isBytes(Object(frame).ask)
}

export function isReturn(frame: unknown): frame is ReturnFrame {
  const { back, session, reopened }: Partial<ReturnFrame> = Object(frame)
  return (back === 'release' || back === 'destroy') && isSession(session) && isReopened(reopened)
}

export function isOpen(frame: unknown): frame is OpenFrame {
  const { open, request, bytes }: Partial<OpenFrame> = Object(frame)
  return Number.isSafeInteger(open) && Object(request) === request && isBytes(bytes)
}
