import { serialize } from 'pg-protocol/dist/serializer.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase } from '../../../broker/test/support/database.js'
import { RawSession } from './raw-session.js'
import { extended } from './wire.js'

const { query, sync, flush, copyDone, copyFail } = serialize
const copyData = (text: string) => serialize.copyData(Buffer.from(text))
const copyIn = 'COPY numbers FROM STDIN'

const database = await createTestDatabase()
let session: RawSession

beforeEach(async () => {
  session = await RawSession.open(database.connectionString)
  session.send(query('CREATE TEMP TABLE numbers (n int); CREATE TEMP VIEW no_table AS SELECT 1 AS n'))
  await session.until(() => session.tracker.state === 'idle')
  session.takeTypes()
})
afterEach(() => session.end())

/** Sends, waits for what the tracker then waits for, and tells the types of all that came. */
async function exchange(...messages: Buffer[]): Promise<string> {
  session.send(...messages)
  await session.until(() => session.tracker.owed === 0 || session.tracker.copy === 'in')
  return session.takeTypes()
}

/** Sends what leaves nothing owed, and waits for that many answers. */
async function unsynced(count: number, ...messages: Buffer[]): Promise<string> {
  session.send(...messages)
  let types = ''
  await session.until(() => {
    types += session.takeTypes()
    return types.length >= count
  })
  return types
}

/** Any answer that the tracker did not know to be under way would come first. */
async function expectInStep(state: 'idle' | 'in-transaction' = 'idle'): Promise<void> {
  expect(session.tracker.state).toBe(state)
  expect(await exchange(query('SELECT 1'))).toBe(session.tracker.transaction === 'E' ? 'EZ' : 'TDCZ')
  expect(session.tracker.state).toBe(state)
}

describe('the tracker agrees with a real server on', () => {
  it('a simple query', async () => {
    expect(await exchange(query('SELECT 1; SELECT 2'))).toBe('TDCTDCZ')
    await expectInStep()
  })

  it('an empty query', async () => {
    expect(await exchange(query(''))).toBe('IZ')
    await expectInStep()
  })

  it('an extended query', async () => {
    expect(await exchange(extended('SELECT 1'), sync())).toBe('12TDCZ')
    await expectInStep()
  })

  it('a transaction', async () => {
    await exchange(query('BEGIN'))
    await expectInStep('in-transaction')
    expect(session.tracker.transaction).toBe('T')
    expect(await exchange(query('SELECT 1/0'))).toBe('EZ')
    expect(session.tracker).toMatchObject({ transaction: 'E', failed: true })
    await expectInStep('in-transaction')
    await exchange(query('ROLLBACK'))
    await expectInStep()
  })

  it('a pipeline of several', async () => {
    const types = await exchange(query('SELECT 1'), extended('SELECT 2'), sync(), sync(), query('SELECT 3'))
    expect(types).toBe('TDCZ12TDCZZTDCZ')
    await expectInStep()
  })

  it('an error in a pipeline', async () => {
    const failing = [extended('SELECT 1/0'), extended('SELECT 2'), sync()]
    expect(await exchange(extended('SELECT 1'), sync(), ...failing, query('SELECT 3'))).toBe('12TDCZ1EZTDCZ')
    await expectInStep()
  })

  it('an error that only the Sync brings about', async () => {
    await exchange(query('CREATE TEMP TABLE uniques (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)'))
    expect(await exchange(extended('INSERT INTO uniques VALUES (1), (1)'), sync())).toBe('12nCEZ')
    await expectInStep()
  })

  it('a cursor that is read with Flush', async () => {
    const more = serialize.execute({ rows: 2 })
    expect(await unsynced(6, extended('SELECT generate_series(1, 5)', 2), flush())).toBe('12TDDs')
    expect(await unsynced(3, more, flush())).toBe('DDs')
    expect(session.tracker).toMatchObject({ owed: 0, unsynced: true, state: 'busy' })
    expect(await exchange(sync())).toBe('Z')
    await expectInStep()
  })

  it('a failed extended query without a Sync', async () => {
    expect(await unsynced(1, extended('no statement'), flush())).toBe('E')
    expect(session.tracker).toMatchObject({ owed: 0, unsynced: true, state: 'busy' })
    expect(await exchange(extended('SELECT 1'), sync())).toBe('Z')
    await expectInStep()
  })

  it('LISTEN and NOTIFY, also from another session', async () => {
    await exchange(query('LISTEN news'), query("NOTIFY news, 'own'"))
    await expectInStep()
    const other = await RawSession.open(database.connectionString)
    other.send(query("NOTIFY news, 'other'"))
    await other.until(() => other.tracker.state === 'idle')
    await other.end()
    await expectInStep()
  })

  it('notices and parameter changes', async () => {
    await exchange(query("SET application_name = 'another'; DO $$ BEGIN RAISE NOTICE 'hello'; END $$"))
    await expectInStep()
  })

  it('a copy to the client', async () => {
    const copyOut = 'COPY (SELECT generate_series(1, 3)) TO STDOUT'
    expect(await exchange(query(copyOut))).toBe('HdddcCZ')
    expect(await exchange(extended(copyOut), sync())).toBe('12nHdddcCZ')
    expect(await exchange(query('COPY (SELECT 1/(3 - generate_series(1, 3))) TO STDOUT'))).toBe('HddEZ')
    await expectInStep()
  })
})

describe('the tracker agrees with a real server on a copy from the client', () => {
  it('in a simple query', async () => {
    expect(await exchange(query(copyIn))).toBe('G')
    expect(session.tracker).toMatchObject({ copy: 'in', owed: 1, state: 'busy' })
    expect(await exchange(copyData('1\n2\n'), copyDone())).toBe('CZ')
    await expectInStep()
  })

  it('that the client gives up', async () => {
    await exchange(query(copyIn))
    expect(await exchange(copyData('1\n'), copyFail('no'))).toBe('EZ')
    await expectInStep()
  })

  it('that the server refuses for its data', async () => {
    await exchange(query(copyIn))
    expect(await exchange(copyData('x\n'), copyData('1\n'), copyDone())).toBe('EZ')
    await expectInStep()
  })

  it('that is sent as a whole with the query in front of it and one behind it', async () => {
    expect(await exchange(query(copyIn), copyData('1\n'), copyDone(), query('SELECT 1'))).toBe('GCZTDCZ')
    await expectInStep()
  })

  it('in an extended query whose Sync comes after the data', async () => {
    expect(await unsynced(4, extended(copyIn), flush())).toBe('12nG')
    expect(session.tracker).toMatchObject({ copy: 'in', owed: 0, unsynced: true, state: 'busy' })
    expect(await exchange(copyData('1\n'), copyDone(), sync())).toBe('CZ')
    await expectInStep()
  })

  it('in an extended query whose Sync was sent ahead', async () => {
    expect(await exchange(extended(copyIn), sync())).toBe('12nG')
    expect(session.tracker).toMatchObject({ copy: 'in', owed: 0, unsynced: true, state: 'busy' })
    expect(await exchange(copyData('1\n'), copyDone(), sync())).toBe('CZ')
    await expectInStep()
  })

  it('in an extended query, given up by the client', async () => {
    await unsynced(4, extended(copyIn), flush())
    expect(await exchange(copyData('1\n'), copyFail('no'), sync())).toBe('EZ')
    await expectInStep()
  })

  it('in an extended query, refused for its data', async () => {
    await unsynced(4, extended(copyIn), flush())
    expect(await unsynced(1, copyData('x\n'))).toBe('E')
    expect(session.tracker).toMatchObject({ copy: 'none', owed: 0, unsynced: true, state: 'busy' })
    expect(await exchange(copyData('1\n'), copyDone(), sync())).toBe('Z')
    await expectInStep()
  })

  it('in an extended query sent as a whole', async () => {
    const types = await exchange(extended(copyIn), sync(), copyData('1\n'), copyDone(), sync())
    expect(types).toBe('12nGCZ')
    await expectInStep()
  })
})

/** Why the tracker gives up on a copy that fails with a Sync inside: the server answers that Sync, or does not. */
describe('a Sync sent ahead of a copy that fails', () => {
  it('is swallowed when the client gives the copy up', async () => {
    await exchange(extended(copyIn), sync())
    expect(await unsynced(2, copyFail('no'), sync())).toBe('EZ')
    expect(session.tracker.state).toBe('unknown')
    expect(await unsynced(4, query('SELECT 1'))).toBe('TDCZ')
  })

  it('is answered when the copy fails before the server reads on', async () => {
    session.send(extended('COPY no_table FROM STDIN'), sync())
    expect(await unsynced(7, sync())).toBe('12nGEZZ')
    expect(session.tracker.state).toBe('unknown')
  })
})
