import { mayBeSeveral, withoutComments } from './statement-text.js'

const FIRST_WORD = /^(select|insert|update|delete|merge|values|with)\b/i

/** What makes a table of these rows, or changes a setting. */
const CHANGES = /\binto\b|\bset_config\b/i

/** A constant whose value depends on when the statement is parsed, or that cannot be told from one here. */
const TIMELY = /'[^']*\b(?:now|today|tomorrow|yesterday)\b|\$(?:[a-z_]\w*)?\$/i

/** A longer one is parsed each time, and what it says is not looked at: that would take as long as to send it. */
const MOST_CHARACTERS = 8192

/**
 * What a statement is to those that the server keeps:
 * - `repeatable`: kept, it does the same whenever it is run;
 * - `once`: it is better parsed each time;
 * - `changing`: it may change what others mean, or when they were parsed: a setting, a table, a transaction.
 */
export function kindOf(text: string): 'repeatable' | 'once' | 'changing' {
  if (text.length > MOST_CHARACTERS) return 'changing'
  const word = FIRST_WORD.exec(withoutComments(text))?.[1]?.toLowerCase()
  if (word === undefined) return 'changing'
  const isQuery = word === 'select' || word === 'with' || word === 'values'
  if (isQuery ? CHANGES.test(text) : /\bset_config\b/i.test(text)) return 'changing'
  return TIMELY.test(text) ? 'once' : 'repeatable'
}

/** Of a simple Query, which may hold several. */
export function changesOthers(text: string): boolean {
  return mayBeSeveral(text) || kindOf(text) === 'changing'
}
