import { mayBeSeveral, withoutComments } from './statement-text.js'

const FIRST_WORD = /^(select|insert|update|delete|merge|values|with)\b/i

/** What makes a table of these rows, or changes a setting. */
const CHANGES = /\binto\b|\bset_config\b/i

/** A constant whose value depends on when the statement is parsed, or that cannot be told from one here. */
const TIMELY = /'[^']*\b(?:now|today|tomorrow|yesterday)\b|\$(?:[a-z_]\w*)?\$/i

/** A longer one is parsed each time, and what it says is not looked at: that would take as long as to send it. */
export const MOST_CHARACTERS = 8192

/** What the server does not plan, and what changes nothing that others mean. */
const HARMLESS = /^(?:copy|show|listen|unlisten|notify|declare|fetch|move|close|lock)\b/i

/** What begins or ends a transaction, or a part of one. */
const TRANSACTION = /^(?:begin|start\s+transaction|commit|end|rollback|abort|savepoint|release)\b/i

/**
 * What a statement is to those that the server keeps:
 * - `repeatable`: kept, it does the same whenever it is run;
 * - `once`: it is better parsed each time;
 * - `transaction`: it may undo what has been changed;
 * - `changing`: it may change what others mean, or when they were parsed: a setting, a table.
 */
export type StatementKind = 'repeatable' | 'once' | 'transaction' | 'changing'

export function kindOf(text: string): StatementKind {
  if (text.length > MOST_CHARACTERS) return 'changing'
  const statement = withoutComments(text)
  const word = FIRST_WORD.exec(statement)?.[1]?.toLowerCase()
  const isQuery = word === 'select' || word === 'with' || word === 'values'
  if (isQuery ? CHANGES.test(text) : /\bset_config\b/i.test(text)) return 'changing'
  if (word !== undefined) return TIMELY.test(text) ? 'once' : 'repeatable'
  if (HARMLESS.test(statement)) return 'once'
  return TRANSACTION.test(statement) ? 'transaction' : 'changing'
}

/** Of a simple Query, which may hold several. */
export function kindOfQuery(text: string): StatementKind {
  return mayBeSeveral(text) ? 'changing' : kindOf(text)
}
