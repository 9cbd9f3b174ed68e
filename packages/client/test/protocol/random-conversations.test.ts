import fc from 'fast-check'
import { serialize } from 'pg-protocol/dist/serializer.js'
import { beforeAll, expect, it } from 'vitest'
import { createTestDatabase } from '../../../broker/test/support/database.js'
import { RawSession } from './raw-session.js'
import { extended } from './wire.js'

const schema = `
  CREATE TABLE numbers (n int);
  CREATE VIEW no_table AS SELECT 1 AS n;
  CREATE TABLE uniques (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)`

const plainStatements = [
  'SELECT 1',
  'SELECT 1/0',
  'BEGIN',
  'COMMIT',
  'INSERT INTO uniques VALUES (1), (1)',
  'COPY (SELECT generate_series(1, 3)) TO STDOUT',
  'COPY missing FROM STDIN',
]
const copyInStatements = [
  'COPY numbers FROM STDIN',
  'COPY no_table FROM STDIN',
  'COPY numbers FROM STDIN; COPY numbers FROM STDIN',
]

/** What a frontend sends at once. Its name is for the report of a failure. */
type Step = [name: string, bytes: Buffer]

const sync: Step = ['Sync', serialize.sync()]
/** Sends nothing, but lets the server come to where it waits. */
const wait: Step = ['wait', Buffer.alloc(0)]

function query(text: string): Step {
  return [`Query ${text}`, serialize.query(text)]
}
function execute(text: string, rows = 0): Step {
  return [`Execute ${text}`, extended(text, rows)]
}
function together(...steps: Step[]): Step {
  return [steps.map(([name]) => name).join('; '), Buffer.concat(steps.map(([, bytes]) => bytes))]
}

const copyData: Step[] = [
  ['CopyData good', serialize.copyData(Buffer.from('1\n'))],
  ['CopyData bad', serialize.copyData(Buffer.from('x\n'))],
]
const copyEnds: Step[] = [
  ['CopyDone', serialize.copyDone()],
  ['CopyFail', serialize.copyFail('no')],
]
const orderly = [
  sync,
  wait,
  ...plainStatements.flatMap((text) => [query(text), together(execute(text), sync)]),
]
const copying = [
  ...copyInStatements.map(query),
  ...copyInStatements.map((text) => together(execute(text), sync)),
  ...[wait, sync, ...copyData, ...copyData, ...copyEnds, ...copyEnds],
]
const unsynced = [...plainStatements, ...copyInStatements].map((text) => execute(text))
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...orderly) },
  { weight: 4, arbitrary: fc.constantFrom(...copying) },
  { weight: 1, arbitrary: fc.constantFrom(...unsynced, execute('SELECT generate_series(1, 5)', 2)) },
  { weight: 1, arbitrary: fc.constant<Step>(['Flush', serialize.flush()]) },
)

const database = await createTestDatabase()
beforeAll(async () => {
  const session = await RawSession.open(database.connectionString)
  session.send(serialize.query(schema))
  await session.until(() => session.tracker.owed === 0)
  await session.end()
})

/** What a release does: brings the session to where nothing is under way, or finds that it is not known. */
async function settle(session: RawSession): Promise<void> {
  const { tracker } = session
  while (tracker.state === 'busy' && !session.closed) {
    if (tracker.copy === 'in') session.send(serialize.copyFail('over'))
    else if (tracker.unsynced) session.send(serialize.sync())
    else {
      const { owed } = tracker
      await session.until(() => tracker.owed !== owed || tracker.state !== 'busy' || tracker.copy === 'in')
    }
  }
}

/** What must come back, and nothing else, if the session is in step. */
async function expectInStep(session: RawSession): Promise<void> {
  session.takeTypes()
  const failed = session.tracker.transaction === 'E'
  session.send(serialize.query('SELECT 1'), serialize.query('ROLLBACK'))
  await session.until(() => session.tracker.state !== 'busy')
  expect(session.takeTypes()).toBe(failed ? 'EZCZ' : 'TDCZCZ')
  expect(session.tracker.state).toBe('idle')
}

it('never takes a session for being in step that is not, and never waits in vain', async () => {
  let session = await RawSession.open(database.connectionString)
  const conversation = fc.array(step, { minLength: 1, maxLength: 12 })
  const property = fc.asyncProperty(conversation, async (sent) => {
    if (session.closed || session.tracker.state !== 'idle')
      session = await RawSession.open(database.connectionString)
    const { tracker } = session
    for (const [, bytes] of sent) {
      if (bytes.length > 0) session.send(bytes)
      else await session.until(() => tracker.owed === 0 || tracker.copy === 'in' || !tracker.known)
    }
    await settle(session)
    if (tracker.known && !session.closed) await expectInStep(session)
    else await session.end()
  })
  await fc.assert(property, { numRuns: 300, timeout: 5000 })
  await session.end()
})
