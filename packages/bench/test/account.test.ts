import { Worker } from 'node:worker_threads'
import pg from 'pg'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { accountsOf, withAccount } from '../src/harness/account.js'
import { alternate } from '../src/harness/alternate.js'
import { parentOf, processorTime } from '../src/harness/processor-time.js'
import { formatResult } from '../src/output/table.js'

/** What is spent before the test is content, in seconds: far more than the clock's ticks. */
const SPENT = 0.1

describe.skipIf(process.platform !== 'linux')('the processor time', () => {
  let server: number
  beforeAll(async () => {
    server = parentOf(await serverProcess())
  })

  async function serverProcess(): Promise<number> {
    return (await query('SELECT pg_backend_pid() AS pid')).pid
  }

  async function query(text: string) {
    const client = new pg.Client(inject('serverConnectionString'))
    await client.connect()
    const { rows } = await client.query(text)
    await client.end()
    return rows[0]
  }

  test('of the main thread is what this thread spends', () => {
    const before = processorTime(server).main
    while (processorTime(server).main - before < SPENT);
    expect(processorTime(server).main - before).toBeGreaterThanOrEqual(SPENT)
  })

  test('of the threads is what the others spend', async () => {
    const before = processorTime(server)
    const worker = new Worker('for (;;);', { eval: true })
    while (processorTime(server).threads - before.threads < SPENT)
      await new Promise((resolve) => setTimeout(resolve, 10))
    await worker.terminate()
  })

  test('of the server is what all its processes spend, also when they have ended', async () => {
    const before = processorTime(server).server
    while (processorTime(server).server - before < SPENT)
      await query('SELECT count(*) FROM generate_series(1, 100000)')
  })
})

describe('an account', () => {
  /** Each round spends two seconds of the main thread, one of the others and four of the server, on a million units. */
  const round = () => {
    let [main, threads, server] = [0, 0, 0]
    return {
      processorTime: () => ({ main, threads, server }),
      async run(units: object) {
        main += 2
        threads += 1
        server += 4
        return { rate: 5, ...units }
      },
    }
  }

  test('says what each unit has taken', async () => {
    const { processorTime, run } = round()
    const entrant = { name: 'a', round: () => withAccount(processorTime, () => run({ units: 1e6 })) }
    expect([...accountsOf(await alternate([entrant], 3))!]).toEqual([
      ['a', { main: 2, threads: 1, server: 4 }],
    ])
  })

  test('is none of rounds that count no units, and where the time is not known', async () => {
    const { processorTime, run } = round()
    const uncounted = { name: 'a', round: () => withAccount(processorTime, () => run({})) }
    expect(accountsOf(await alternate([uncounted], 1))).toBeUndefined()
    const unknown = () => ({ main: Number.NaN, threads: Number.NaN, server: Number.NaN })
    const blind = { name: 'a', round: () => withAccount(unknown, () => run({ units: 1 })) }
    expect(accountsOf(await alternate([blind], 1))).toBeUndefined()
  })

  test.each([
    [{ main: 2, threads: 16.12, server: 260 }, '[2.00 + 16.1 + 260 µs]'],
    [{ main: 0.001, threads: 0.0216, server: 0 }, '[1.00 + 21.6 + 0.00 ns]'],
  ])('is printed beside the value', (account, text) => {
    const metric = { name: 'throughput', unit: 'queries/s', better: 'higher' } as const
    const entrants = [{ name: 'a', median: 5, samples: [5], account }]
    const printed = formatResult({
      name: 'n',
      title: 't',
      metric,
      entrants,
      comparisons: [],
      target: undefined,
    })
    expect(printed.replaceAll(/ +/g, ' ')).toContain(text.replaceAll(/ +/g, ' '))
  })
})
