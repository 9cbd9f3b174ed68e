// How many threads, processes and connections. Depends on nothing, so that a page can load it as well.

/** What one task does. */
export interface Workload {
  /** Computing, without a connection, in milliseconds. */
  readonly computeMillis: number
  /** How long it holds connections, all in all, where nobody else is there, in milliseconds. */
  readonly holdMillis: number
  /** Of that, how long a core of the server works for it, in milliseconds. */
  readonly serverMillis: number
}

export interface Layout {
  readonly hosts: number
  /** On each host. */
  readonly processes: number
  /** Of each process. */
  readonly threads: number
  /** `max` of each process. */
  readonly connections: number
  /** Those of them that wait for notifications all the time: one of each process for graphile-worker, else 0. */
  readonly listening: number
  /** Of each host, for its threads. */
  readonly hostCores: number
  readonly serverCores: number
}

export interface Forecast {
  /** Of all hosts together. */
  readonly tasksPerSecond: number
  /** What a task waits for a connection, on the average. */
  readonly waitMillis: number
  /** The part of the time in which they work, from 0 to 1. */
  readonly connectionsBusy: number
  readonly serverBusy: number
  readonly hostBusy: number
  /** What keeps it from being faster. */
  readonly limit: 'threads' | 'connections' | 'server'
}

export interface Connections {
  /** What the processes may open: `connections` × processes × hosts. */
  readonly clients: number
  /** `max_connections` without a pooler. */
  readonly maxConnections: number
  /** `default_pool_size` of a PgBouncer in transaction mode. */
  readonly poolSize: number
  /** `max_client_conn` of it. */
  readonly maxClients: number
  /** `max_connections` behind it. */
  readonly maxConnectionsPooled: number
}

/** For migrations, people, monitoring and `superuser_reserved_connections`. */
const SPARE_CONNECTIONS = 10

/** At so much of its time a core, a connection or a server counts as full. */
const FULL = 0.9

/**
 * Threads that compute and then need one of a few connections are the machine repair model, M/M/c//N (Allen, Probability, Statistics
 * and Queueing Theory, 5.2.5): exact for times that are exponential, and on the safe side for those that vary less.
 * @returns tasks per millisecond, and the mean number that waits
 */
export function repair(customers: number, servers: number, thinkMillis: number, serviceMillis: number) {
  if (serviceMillis === 0) return { rate: customers / thinkMillis, waiting: 0 }
  // States by how many need a connection, each relative to the likeliest so far: no number gets too large.
  const weights = [1]
  for (let n = 1; n <= customers; n++) {
    const up = (customers - n + 1) / Math.max(thinkMillis, 1e-9)
    const down = Math.min(n, servers) / serviceMillis
    const next = (weights[n - 1]! * up) / down
    weights.push(next)
    if (next > 1e100) for (let i = 0; i <= n; i++) weights[i]! /= next
  }
  const sum = weights.reduce((total, weight) => total + weight, 0)
  let busy = 0
  let waiting = 0
  for (const [n, weight] of weights.entries()) {
    busy += (Math.min(n, servers) * weight) / sum
    waiting += (Math.max(0, n - servers) * weight) / sum
  }
  return { rate: busy / serviceMillis, waiting }
}

/** How long a request waits for one of so many cores that are busy for this part of the time: Erlang's C formula. */
function waitForCore(cores: number, busy: number, serviceMillis: number): number {
  let blocked = 1
  for (let n = 1; n <= cores; n++) blocked = (busy * cores * blocked) / (n + busy * cores * blocked)
  const waits = blocked / (1 - busy * (1 - blocked))
  return (waits * serviceMillis) / (cores * (1 - busy))
}

/** What a layout does with a workload. */
export function forecast(workload: Workload, layout: Layout): Forecast {
  const { computeMillis, holdMillis, serverMillis } = workload
  const { hosts, processes, threads, connections, listening, hostCores, serverCores } = layout
  const members = hosts * processes
  const forTasks = Math.max(0, Math.min(connections - listening, threads))
  // Threads that are more than cores share these.
  const crowd = Math.max(1, (processes * threads) / hostCores)
  const at = (rate: number) => {
    const busy = Math.min((rate * serverMillis) / serverCores, 1 - 1e-9)
    const hold = holdMillis + (serverMillis > 0 ? waitForCore(serverCores, busy, serverMillis) : 0)
    // The more of them wait for connections, the fewer share the cores.
    const stretched = repair(threads, forTasks, computeMillis * crowd, hold)
    const free = (hostCores / computeMillis) * hosts
    return { ...stretched, hold, total: Math.min(stretched.rate * members, free) }
  }
  if (forTasks === 0)
    return {
      tasksPerSecond: 0,
      waitMillis: Number.POSITIVE_INFINITY,
      connectionsBusy: 0,
      serverBusy: 0,
      hostBusy: 0,
      limit: 'connections',
    }
  // The more tasks there are, the slower the server is: both meet once.
  let [low, high] = [0, serverMillis > 0 ? serverCores / serverMillis : at(0).total]
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (at(middle).total > middle) low = middle
    else high = middle
  }
  const rate = low
  const { waiting, hold, rate: each } = at(rate)
  const connectionsBusy = Math.min(1, ((rate / members) * hold) / forTasks)
  const serverBusy = (rate * serverMillis) / serverCores
  return {
    tasksPerSecond: rate * 1000,
    waitMillis: waiting / each,
    connectionsBusy,
    serverBusy,
    hostBusy: Math.min(1, (rate * computeMillis) / (hosts * hostCores)),
    limit: serverBusy > FULL ? 'server' : connectionsBusy > FULL ? 'connections' : 'threads',
  }
}

/** The arithmetic of connections. */
export function connectionsOf(workload: Workload, layout: Layout): Connections {
  const { hosts, processes, connections } = layout
  const clients = hosts * processes * connections
  const { tasksPerSecond } = forecast(workload, layout)
  // Those that are in a transaction at once, and three times the spread of a Poisson distribution more.
  const atOnce = (tasksPerSecond / 1000) * workload.holdMillis
  const poolSize = Math.min(clients, Math.max(2, Math.ceil(atOnce + 3 * Math.sqrt(atOnce))))
  return {
    clients,
    maxConnections: clients + SPARE_CONNECTIONS,
    poolSize,
    maxClients: clients + SPARE_CONNECTIONS,
    maxConnectionsPooled: poolSize + SPARE_CONNECTIONS,
  }
}

/** The fewest connections of each process with which a task waits no longer than this part of its own time. */
export function fewestConnections(workload: Workload, layout: Layout, part = 0.05): number {
  const longest = part * (workload.computeMillis + workload.holdMillis)
  for (let each = 1; each < layout.threads; each++) {
    const connections = each + layout.listening
    if (forecast(workload, { ...layout, connections }).waitMillis <= longest) return connections
  }
  return layout.threads + layout.listening
}

/** How many hosts it takes until one more brings less than half of what the first has brought; `most` where it is none of them. */
export function knee(workload: Workload, layout: Omit<Layout, 'hosts'>, most = 1000): number {
  const of = (hosts: number) => forecast(workload, { ...layout, hosts }).tasksPerSecond
  const first = of(1)
  let [low, high] = [1, most]
  while (low < high) {
    const middle = (low + high) >> 1
    if (of(middle + 1) - of(middle) < first / 2) high = middle
    else low = middle + 1
  }
  return low
}
