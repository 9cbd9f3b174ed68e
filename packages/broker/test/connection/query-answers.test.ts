import { describe, expect, test } from 'vitest'
import { EMPTY_QUERY, QueryAnswers } from '../../src/connection/query-answers.js'

/** A message with this text for a body. */
function message(type: string, body = ''): Buffer {
  const bytes = Buffer.from(`${type}\0\0\0\0${body}`, 'latin1')
  bytes.writeInt32BE(bytes.length - 1, 1)
  return bytes
}

const READY = message('Z', 'I')
const complete = (tag: string) => [message('C', `${tag}\0`), READY]
const EMPTY = [message('I'), READY]
const ROW = [message('T', 'row'), message('D', 'row')]

/** Whether the queries are answered with that, however it is cut. */
function areAnswered(queries: string[], answers: Buffer[]): boolean {
  const bytes = Buffer.concat(answers)
  const outcomes = [bytes.length, 1, 3, 7].map((size) => {
    const expected = new QueryAnswers(queries)
    for (let at = 0; at < bytes.length; at += size) expected.take(bytes.subarray(at, at + size))
    return !expected.isWrong
  })
  expect(new Set(outcomes).size).toBe(1)
  return outcomes[0]!
}

describe('the answers to', () => {
  test.each<[string, string[], Buffer[]]>([
    [
      'a rollback and a reset',
      ['ROLLBACK', 'DISCARD ALL'],
      [...complete('ROLLBACK'), ...complete('DISCARD ALL')],
    ],
    ['a check', ['SELECT 1'], [...ROW, ...complete('SELECT 1')]],
    [
      'settings',
      ["SELECT pg_catalog.set_config('a', 'b', false)", 'RESET default_transaction_read_only'],
      [...ROW, ...complete('SELECT 1'), ...complete('RESET')],
    ],
    ['an option', ["SET default_transaction_isolation = 'serializable'"], complete('SET')],
    ['nothing', [EMPTY_QUERY], EMPTY],
    [
      'a reset that somebody else has thought of',
      ['RESET ALL; SELECT f()', EMPTY_QUERY],
      [message('C', 'RESET\0'), ...ROW, message('C', 'SELECT 7\0'), READY, ...EMPTY],
    ],
    ['a query that the server warns of', ['ROLLBACK'], [message('N', 'warning'), ...complete('ROLLBACK')]],
  ])('%s are right', (_what, queries, answers) => {
    expect(areAnswered(queries, answers)).toBe(true)
  })

  test.each<[string, string[], Buffer[]]>([
    ['a rollback', ['ROLLBACK'], complete('INSERT 0 1')],
    ['a rollback', ['ROLLBACK'], complete('ROLLBACK ')],
    ['a rollback', ['ROLLBACK'], [READY]],
    ['a rollback', ['ROLLBACK'], EMPTY],
    ['a rollback', ['ROLLBACK'], [message('C', 'ROLLBACK\0'), ...complete('ROLLBACK')]],
    ['nothing', [EMPTY_QUERY], complete('')],
    ['a reset', ['DISCARD ALL', EMPTY_QUERY], [...complete('DISCARD ALL'), ...complete('DISCARD ALL')]],
    ['a reset of another’s', ['RESET ALL', EMPTY_QUERY], [...complete('SELECT 1'), ...complete('RESET')]],
  ])('%s are those to something else', (_what, queries, answers) => {
    expect(areAnswered(queries, answers)).toBe(false)
  })
})
