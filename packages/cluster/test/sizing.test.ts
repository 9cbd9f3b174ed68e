import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { hostsTable } from '../src/measure/hosts-table.js'
import { fillPage } from '../src/measure/page.js'
import { modelOf, overheadOf } from '../src/measure/table.js'
import {
  connectionsOf,
  fewestConnections,
  forecast,
  knee,
  type Layout,
  repair,
  type Workload,
} from '../src/sizing.js'

const WORK: Workload = { computeMillis: 80, holdMillis: 20, serverMillis: 2 }
const LAYOUT: Layout = {
  hosts: 1,
  processes: 1,
  threads: 8,
  connections: 3,
  listening: 1,
  hostCores: 8,
  serverCores: 8,
}

/** The same by chance: threads that compute, and wait in a line for connections. */
function simulate(threads: number, connections: number, think: number, service: number, tasks: number) {
  let state = 12345
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state + 1) / 0x80000001
  }
  const draw = (mean: number) => -Math.log(random()) * mean
  const asks = Array.from({ length: threads }, () => draw(think))
  const free = Array.from({ length: connections }, () => 0)
  let waited = 0
  let now = 0
  for (let done = 0; done < tasks; done++) {
    const thread = asks.indexOf(Math.min(...asks))
    const connection = free.indexOf(Math.min(...free))
    now = asks[thread]!
    const start = Math.max(now, free[connection]!)
    waited += start - now
    free[connection] = start + draw(service)
    asks[thread] = free[connection]! + draw(think)
  }
  return { rate: tasks / now, waitMillis: waited / tasks }
}

describe('the model of threads and connections', () => {
  test.each([
    [4, 1, 80, 20],
    [4, 2, 80, 20],
    [16, 2, 80, 20],
    [16, 4, 10, 10],
  ])(
    '%i threads on %i connections do what a simulation of them does',
    (threads, connections, think, service) => {
      const { rate, waiting } = repair(threads, connections, think, service)
      const simulated = simulate(threads, connections, think, service, 200_000)
      expect(rate / simulated.rate).toBeCloseTo(1, 1)
      expect(waiting / rate / simulated.waitMillis).toBeCloseTo(1, 1)
    },
  )

  test('of many threads no number gets too large', () => {
    const { rate } = repair(5000, 3, 1, 1000)
    expect(rate).toBeCloseTo(3 / 1000)
  })
})

describe('a forecast', () => {
  test('of threads that never wait is that of the threads', () => {
    const { tasksPerSecond, waitMillis, limit } = forecast(
      { ...WORK, serverMillis: 0 },
      { ...LAYOUT, connections: 9 },
    )
    expect(tasksPerSecond).toBeCloseTo(80)
    expect(waitMillis).toBe(0)
    expect(limit).toBe('threads')
  })

  test('names the connections where they are too few', () => {
    const { limit, connectionsBusy } = forecast(WORK, { ...LAYOUT, connections: 2 })
    expect(limit).toBe('connections')
    expect(connectionsBusy).toBeGreaterThan(0.9)
  })

  test('names the server where hosts are too many, and does not pass what its cores can', () => {
    const { limit, tasksPerSecond } = forecast(WORK, { ...LAYOUT, connections: 9, hosts: 1000 })
    expect(limit).toBe('server')
    expect(tasksPerSecond).toBeLessThanOrEqual(4000)
    expect(tasksPerSecond).toBeGreaterThan(3500)
  })

  test('of a process whose only connection listens is that nothing is done', () => {
    expect(forecast(WORK, { ...LAYOUT, connections: 1 }).tasksPerSecond).toBe(0)
  })

  test('has its knee where the server is full', () => {
    const hosts = knee(WORK, { ...LAYOUT, connections: 9 })
    expect(hosts).toBeGreaterThan(40)
    expect(hosts).toBeLessThan(60)
  })
})

describe('the arithmetic', () => {
  test('multiplies, and leaves some for others', () => {
    const { clients, maxConnections, poolSize } = connectionsOf(WORK, { ...LAYOUT, hosts: 100, processes: 4 })
    expect([clients, maxConnections]).toEqual([1200, 1210])
    expect(poolSize).toBeLessThan(1200)
  })

  test('finds the fewest connections with which nobody waits for long', () => {
    const connections = fewestConnections(WORK, LAYOUT)
    expect(connections).toBeGreaterThan(2)
    expect(connections).toBeLessThan(9)
    expect(fewestConnections({ ...WORK, computeMillis: 0 }, LAYOUT)).toBe(9)
  })
})

test('the page has what the model says of many hosts', () => {
  const page = readFileSync(new URL('../../../docs/sizing.md', import.meta.url), 'utf8')
  expect(fillPage(page, 'hosts', hostsTable())).toBe(page)
})

test('the model of a table is told of the machine by its first row', () => {
  const alone = {
    processes: 1,
    threads: 1,
    connections: 1,
    tasksPerSecond: 10,
    waitMillis: 0,
    holdMillis: 20,
    serverCores: 0,
  }
  const overhead = overheadOf([alone])
  expect(overhead).toEqual({ computeMillis: 80, waitMillis: 0, holdMillis: 20 })
  expect(modelOf(alone, overhead).tasksPerSecond).toBeCloseTo(10)
  expect(modelOf({ ...alone, processes: 4 }, overhead).tasksPerSecond).toBeCloseTo(40)
})
