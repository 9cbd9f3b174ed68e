import { ProtocolError } from '@pglease/client'
import { ResetAnswer, ResetFailedError } from '@pglease/client/internal'
import fc from 'fast-check'
import { mustBeSame, propertyTarget } from '../property-target.js'
import { BACKEND, cut, cuts, message, stream } from './bytes.js'

/** How the server answers a reset, with what it may say beside. */
const answer = fc.constantFrom(
  [message('1'), message('2'), message('C', 'DISCARD ALL\0')],
  [message('1'), message('2'), message('N', 'SNOTICE\0\0'), message('C', 'DISCARD ALL\0')],
  [
    message('1'),
    message('S', 'a\0b\0'),
    message('2'),
    message('A', '\0\0\0\x01c\0p\0'),
    message('C', 'DISCARD ALL\0'),
  ],
  [message('1'), message('2'), message('E', 'SERROR\0\0')],
  [],
)

/** How many bytes are the reset's, or why it is none. */
function take(chunks: readonly Buffer[]): number | string {
  const reset = new ResetAnswer(0)
  let start = 0
  try {
    for (const chunk of chunks) {
      const end = reset.take(chunk)
      if (end !== -1) return start + end
      start += chunk.length
    }
    return 'not yet'
  } catch (error) {
    if (error instanceof ResetFailedError) return 'failed'
    if (error instanceof ProtocolError) return 'wrong'
    throw error
  }
}

export const resets = propertyTarget(
  'resets',
  fc.record({ answer, behind: stream(BACKEND), cuts }),
  ({ answer: first, behind, cuts: at }) => {
    const bytes = Buffer.concat([...first, behind])
    mustBeSame(take(cut(bytes, at)), take([bytes]), `${bytes.toString('hex')} cut at ${at}`)
  },
)
