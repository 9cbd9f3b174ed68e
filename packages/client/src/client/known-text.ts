import { type StatementId, statementId } from '../lease/kept-statements.js'
import { kindOf, MOST_CHARACTERS, type StatementKind } from './repeatable.js'

/** A text that this thread has sent before, as a statement. */
export interface KnownText extends StatementId {
  readonly kind: StatementKind
}

/** More than a thread has of texts that it sends over and over. */
const MOST_TEXTS = 1000

/** `seen`: sent once. */
const texts = new Map<string, KnownText | 'seen'>()

/**
 * Of a text that this thread sends.
 * @param isNamed whether it has a name of the user's.
 * @returns undefined when it is the first time, and it has none; and for one that is too long to be looked at, or kept here.
 */
export function knownText(text: string, isNamed: boolean): KnownText | undefined {
  if (text.length > MOST_CHARACTERS) return undefined
  const found = texts.get(text)
  if (typeof found === 'object') return found
  if (texts.size === MOST_TEXTS) texts.clear()
  if (found === undefined && !isNamed) {
    texts.set(text, 'seen')
    return undefined
  }
  const known = { kind: kindOf(text), ...statementId(text) }
  texts.set(text, known)
  return known
}
