import { expect, test } from 'vitest'
import { mayBeDone } from '../../src/client/outcome.js'
import type { PgQuery } from '../../src/client/pg-client.js'

const queues = (status: string | null, active: PgQuery | null, ...sent: PgQuery[]) => ({
  _activeQuery: active,
  _sentQueryQueue: sent,
  _queryQueue: [{ text: 'COMMIT' }],
  _txStatus: status,
})

/** Outside of a transaction, within one, and within one that has failed. */
const STATUSES = ['I', 'T', 'E']

test.each<[string, boolean, boolean]>([
  // The text, and whether it may be done outside of a transaction, and within one.
  ['SELECT 1', false, false],
  ['select * from t where a in (select 1);', false, false],
  ['  \n VALUES (1)', false, false],
  ['-- a word\n/* and more\n */ SELECT 1', false, false],
  ['BEGIN', false, false],
  ['SET search_path = a', false, false],
  ['ROLLBACK', false, false],
  ['PREPARE p AS INSERT INTO t VALUES (1)', false, false],
  ['INSERT INTO t VALUES (1)', true, false],
  ['/* SELECT */ UPDATE t SET a = 1', true, false],
  ['WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone', true, false],
  ['CALL pays()', true, false],
  ['DO $$ BEGIN COMMIT; END $$', true, true],
  ['COPY t FROM STDIN', true, false],
  ['TRUNCATE t', true, false],
  ['COMMIT', true, true],
  ['  commit and chain', true, true],
  ['END', true, true],
  ['-- now\nEND TRANSACTION', true, true],
  ["PREPARE TRANSACTION 'two'", true, true],
  ["COMMIT PREPARED 'two'", true, true],
  ['SELECT 1; INSERT INTO t VALUES (1)', true, true],
  ['INSERT INTO t VALUES (1); COMMIT', true, true],
  ['', true, false],
])(
  '%j may be done although its answer is lost: %s outside of a transaction, %s within',
  (text, outside, within) => {
    const found = STATUSES.map((status) => mayBeDone(queues(status, { text })))
    expect(found).toEqual([outside, within, within])
  },
)

test('each query counts that was sent, and none that was not', () => {
  const [select, insert] = [{ text: 'SELECT 1' }, { text: 'INSERT INTO t VALUES (1)' }]
  expect(mayBeDone(queues('I', select, select))).toBe(false)
  expect(mayBeDone(queues('I', select, insert))).toBe(true)
  expect(mayBeDone(queues('I', null, insert))).toBe(true)
  expect(mayBeDone(queues('T', insert, { text: 'COMMIT' }))).toBe(true)
  expect(mayBeDone(queues('I', null))).toBe(false)
})

test('what is sent under another’s name, or without a text, may be done', () => {
  expect(mayBeDone(queues('I', { name: 'prepared' }))).toBe(true)
  expect(mayBeDone(queues('I', { cursor: { text: 'SELECT 1' } }))).toBe(false)
})
