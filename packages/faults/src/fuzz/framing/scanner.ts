import { ProtocolError } from '@pglease/client'
import { backendTypes, frontendTypes, MessageScanner } from '@pglease/client/internal'
import fc from 'fast-check'
import { mustBeSame, propertyTarget } from '../property-target.js'
import { BACKEND, cut, cuts, FRONTEND, stream } from './bytes.js'

const SIDES = { frontend: [FRONTEND, frontendTypes], backend: [BACKEND, backendTypes] } as const

const scanned = (side: keyof typeof SIDES) =>
  fc.record({ side: fc.constant(side), bytes: stream(SIDES[side][0]), cuts, isMoved: fc.boolean() })

/** Each message as its type, its first byte and its end; and `wrong` where the rest is refused. */
function scan(side: keyof typeof SIDES, chunks: readonly Buffer[], isMoved: boolean): unknown[] {
  const found: unknown[] = []
  let scanner = new MessageScanner(SIDES[side][1])
  let start = 0
  try {
    for (const chunk of chunks) {
      if (isMoved) scanner = moved(scanner, side)
      for (let at = scanner.next(chunk, 0); at !== -1; at = scanner.next(chunk, at))
        found.push([scanner.type, scanner.first, start + at])
      start += chunk.length
    }
    found.push(scanner.atBoundary)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    found.push('wrong')
  }
  return found
}

/** As a thread goes on with what the main thread has begun. */
function moved(scanner: MessageScanner, side: keyof typeof SIDES): MessageScanner {
  const other = new MessageScanner(SIDES[side][1])
  other.restore(structuredClone(scanner.save()))
  return other
}

export const scanner = propertyTarget(
  'scanner',
  fc.oneof(scanned('frontend'), scanned('backend')),
  ({ side, bytes, cuts, isMoved }) =>
    mustBeSame(
      scan(side, cut(bytes, cuts), isMoved),
      scan(side, [bytes], false),
      `${bytes.toString('hex')} cut at ${cuts}`,
    ),
)
