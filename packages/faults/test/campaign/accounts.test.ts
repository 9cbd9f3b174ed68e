import { describe, expect, test } from 'vitest'
import { Accounts } from '../../src/campaign/accounts.js'
import { FaultWindow } from '../../src/campaign/windows.js'
import { FAULTS } from '../../src/faults/index.js'
import type { Told, ToldError } from '../../src/subject/messages.js'

const told = (more: Partial<Told> = {}): Told => ({
  id: 1,
  via: 'executor',
  work: 'read',
  leaves: 'nothing',
  begin: 1000,
  end: 1100,
  ...more,
})

const lost: ToldError = { name: 'LeaseLostError', code: 'PGLEASE_LEASE_LOST', message: 'Lost' }

function window(name: string, begin: number, end: number): FaultWindow {
  return new FaultWindow(FAULTS.find((fault) => fault.name === name)!, begin, end)
}

function account(
  tasks: Told[],
  windows: FaultWindow[] = [],
  discrepancies: { id?: number; what: string }[] = [],
) {
  const accounts = new Accounts()
  accounts.add(tasks, windows, discrepancies)
  return accounts
}

describe('a task is unaccounted', () => {
  test.each<[string, Told, FaultWindow[]]>([
    ['that fails where there is no fault', told({ error: lost }), []],
    ['that fails long after a fault', told({ error: lost }), [window('connection cut', 0, -900)]],
    ['that fails before a fault', told({ error: lost }), [window('connection cut', 1200, 1300)]],
    [
      'that fails of a fault that costs nobody anything',
      told({ error: lost }),
      [window('connection trickles', 900, 1200)],
    ],
    [
      'that fails in a way that is not that of the fault',
      told({ error: { ...lost, code: 'PGLEASE_LEASE_TIMEOUT' } }),
      [window('connection cut', 900, 1200)],
    ],
    [
      'whose query is cancelled',
      told({ error: { ...lost, code: '57014' } }),
      [window('server away', 900, 1200)],
    ],
    ['that was told what is wrong', told({ violation: 'It is 43' }), [window('server away', 900, 1200)]],
  ])('%s', (_what, task, windows) => {
    expect(account([task], windows).unaccounted).toMatchObject([{ task }])
  })

  test('whose row is not as it was told', () => {
    const task = told({ work: 'write' })
    const { unaccounted } = account([task], [], [{ id: 1, what: 'It has 2 rows' }])
    expect(unaccounted).toMatchObject([{ what: 'It has 2 rows', task }])
  })

  test('that is one more than a fault may cost', () => {
    const tasks = [told({ error: lost }), told({ id: 2, error: lost })]
    const { unaccounted, figures } = account(tasks, [window('connection cut', 900, 1050)])
    expect(unaccounted).toHaveLength(1)
    expect(figures['connection cut']).toEqual({ times: 1, affected: 1, unaccounted: 1 })
  })
})

describe('a task is accounted for', () => {
  test('that is done', () => {
    expect(account([told()])).toMatchObject({ tasks: 1, failed: 0, unaccounted: [] })
  })

  test('that fails of its own fault', () => {
    const error = { name: 'RangeError', code: 'LOAD_PLANNED', message: 'Planned' }
    const { unaccounted, figures } = account([told({ fault: 'task throws', error })])
    expect(unaccounted).toEqual([])
    expect(figures['task throws']).toEqual({ times: 1, affected: 1, unaccounted: 0 })
  })

  test('that waits in vain for a server whose connections are cut while they open, but not for one that says nothing of it', () => {
    const waited = (why: string) =>
      told({ error: { ...lost, code: 'PGLEASE_LEASE_TIMEOUT', message: `No connection came free: ${why}` } })
    const cut = () => [window('connection cut', 900, 1050)]
    expect(account([waited('no connection can be opened: read ECONNRESET')], cut()).unaccounted).toEqual([])
    expect(account([waited('1 are not connected yet')], cut()).unaccounted).toHaveLength(1)
  })

  test('with any number of others, of a fault that may cost all of them', () => {
    const tasks = Array.from({ length: 9 }, (_, id) => told({ id, error: lost }))
    const { unaccounted, figures } = account(tasks, [window('server away', 900, 1050)])
    expect(unaccounted).toEqual([])
    expect(figures['server away']).toEqual({ times: 1, affected: 9, unaccounted: 0 })
  })
})
