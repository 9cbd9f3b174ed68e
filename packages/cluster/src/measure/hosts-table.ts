import { connectionsOf, forecast, knee, type Layout, type Workload } from '../sizing.js'
import { markdownTable } from './table.js'

const WORKLOADS: readonly (readonly [name: string, Workload])[] = [
  ['short', { computeMillis: 8, holdMillis: 2, serverMillis: 0.5 }],
  ['middle', { computeMillis: 80, holdMillis: 20, serverMillis: 2 }],
  ['long', { computeMillis: 2000, holdMillis: 30, serverMillis: 10 }],
]

const EACH: Omit<Layout, 'hosts' | 'connections'> = {
  processes: 1,
  threads: 8,
  listening: 1,
  hostCores: 8,
  serverCores: 16,
}

const HOSTS = [1, 10, 30, 100]

/** What the model says of many hosts, in Markdown, as docs/sizing.md has it. */
export function hostsTable(): string {
  const head = [
    'tasks',
    '`max`',
    ...HOSTS.map((hosts) => (hosts === 1 ? '1 host' : `${hosts} hosts`)),
    'knee',
    'clients',
    'pool',
  ]
  const lines = WORKLOADS.flatMap(([name, workload]) =>
    [2, 3, 5, 9].map((connections) => {
      const each = { ...EACH, connections }
      const cells = HOSTS.map((hosts) => {
        const { tasksPerSecond, waitMillis, limit } = forecast(workload, { ...each, hosts })
        return `${tasksPerSecond.toFixed(0)}, ${waitMillis.toFixed(1)} ms${limit === 'threads' ? '' : `, ${limit}`}`
      })
      const { clients, poolSize } = connectionsOf(workload, { ...each, hosts: 100 })
      return [name, connections, ...cells, knee(workload, each), clients, poolSize].map(String)
    }),
  )
  return markdownTable([head, ...lines])
}
