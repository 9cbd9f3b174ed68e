/** Shows what the server sends once a second. */
import { Chart } from './charts.js'
import { bytes, clock, count, duration, number, percent } from './format.js'
import { element, fillTiles, fillWarnings, makeTable, setText } from './tables.js'

const RETRY_MILLIS = 5000

/** No snapshot for so long is worth a word. */
const LATE_MILLIS = 5000

const at = (id) => document.getElementById(id)
const [status, pause, choice, select] = ['status', 'pause', 'choice', 'database'].map(at)

let latest
let latestAt = 0
/** Not shown while it is paused, but the charts have it. */
let isPaused = false

const threads = makeTable(at('threads'), 'Threads and what they run', [
  'Thread',
  'Runs',
  'State',
  'For',
  'Connection',
])
const leases = makeTable(at('leases'), 'Leases and who waits', [
  'Database',
  'State',
  'Task',
  'Thread',
  'For',
  'Server process',
  'Bytes go',
  'Last statement',
])
const server = makeTable(at('server'), 'Connections, as Postgres sees them', [
  'Process',
  'State',
  'Waits for',
  'For',
  'Here it is',
  'Query',
])

/** By database, so that another one can be chosen without losing what was. */
const histories = new Map()
const charts = makeCharts()

function makeCharts() {
  const parent = at('charts')
  const chart = (title, series, read) => ({ chart: new Chart(parent, title, series), read })
  const perSecond = (format) => (value) => `${format(value)}/s`
  return [
    chart(
      'Connections leased, and who waits',
      [
        { name: 'leased', format: number },
        { name: 'waiting', format: count },
        { name: 'idle', format: count },
      ],
      ({ leased, waiting, idle }) => [leased, waiting, idle],
    ),
    chart('Leases', [{ name: 'leases', format: perSecond(number) }], ({ leasesPerSecond }) => [
      leasesPerSecond,
    ]),
    chart(
      'Bytes',
      [
        { name: 'from Postgres', format: perSecond(bytes) },
        { name: 'to Postgres', format: perSecond(bytes) },
      ],
      ({ bytesFromServerPerSecond, bytesToServerPerSecond }) => [
        bytesFromServerPerSecond,
        bytesToServerPerSecond,
      ],
    ),
    chart(
      'Wait for a connection',
      [
        { name: '99th percentile', format: duration },
        { name: 'median', format: duration },
      ],
      ({ wait }) => [wait.p99, wait.p50],
    ),
    chart(
      'Hold of a connection',
      [
        { name: '99th percentile', format: duration },
        { name: 'median', format: duration },
      ],
      ({ hold }) => [hold.p99, hold.p50],
    ),
    chart(
      'Delay of the main thread',
      [
        { name: 'most', format: duration },
        { name: 'median', format: duration },
      ],
      (_figures, { loop }) => [loop.delay.max, loop.delay.p50],
    ),
    chart(
      'Tasks',
      [
        { name: 'ended a second', format: number },
        { name: 'queued', format: count },
      ],
      (_figures, { tasks }) => [tasks?.endedPerSecond ?? 0, tasks?.queued ?? 0],
    ),
  ]
}

/** Each snapshot goes into the history of every database. */
function remember(snapshot) {
  for (const figures of snapshot.databases) {
    const history = histories.get(figures.name) ?? []
    histories.set(figures.name, history)
    history.push({ at: snapshot.at / 1000, values: charts.map(({ read }) => read(figures, snapshot)) })
    if (history.length > 300) history.shift()
  }
}

function chosen(snapshot) {
  return snapshot.databases.find(({ name }) => name === select.value) ?? snapshot.databases[0]
}

function showChoice({ databases }) {
  choice.hidden = databases.length < 2
  if (select.options.length === databases.length) return
  select.replaceChildren(...databases.map(({ name }) => element('option', { value: name }, name)))
}

function showTitle({ name }) {
  const title = name === undefined ? 'pglease' : `${name} · pglease`
  setText(at('title'), title)
  if (document.title !== title) document.title = title
}

function showAll() {
  if (latest === undefined) return
  showTitle(latest)
  showChoice(latest)
  const figures = chosen(latest)
  showNow(latest, figures)
  showWarnings(latest)
  showThreads(latest)
  showLeases(latest)
  showServer(latest, figures)
  showTotals(figures)
  for (const { chart } of charts) chart.show()
}

function showNow({ tasks, loop }, figures) {
  const { leased, kept, max, idle, connecting, settling, waiting, paused, wait, hold } = figures
  const isFull = leased >= max
  const tiles = [
    {
      name: 'Leased',
      value: `${count(leased)} of ${count(max)}`,
      note: `${count(idle)} idle (${count(kept)} kept by threads), ${count(connecting + settling)} in between`,
      share: max === 0 ? 0 : Math.min(1, leased / max),
      state: isFull ? 'full' : '',
    },
    {
      name: 'Waiting',
      value: count(waiting),
      note: paused ? 'the database is paused' : isFull ? 'every connection is in use' : '',
      state: waiting > 0 ? 'alert' : '',
    },
    {
      name: 'Leases',
      value: `${number(figures.leasesPerSecond)}/s`,
      note: `${percent(figures.handedOverShare)} handed over so far`,
    },
    {
      name: 'Bytes',
      value: `${bytes(figures.bytesFromServerPerSecond)}/s`,
      note: `to Postgres ${bytes(figures.bytesToServerPerSecond)}/s`,
    },
    { name: 'Wait', value: duration(wait.p99), note: `99th percentile; at most ${duration(wait.max)}` },
    { name: 'Hold', value: duration(hold.p99), note: `99th percentile; at most ${duration(hold.max)}` },
    {
      name: 'Main thread',
      value: `${percent(loop.busy)} busy`,
      note: `late by ${duration(loop.delay.max)} at most`,
      share: Math.min(1, loop.busy),
      state: loop.delay.max > 100 ? 'alert' : '',
    },
  ]
  if (tasks !== undefined)
    tiles.push({
      name: 'Tasks',
      value: `${count(tasks.running.length)} running`,
      note: `${count(tasks.queued)} queued, ${number(tasks.endedPerSecond)}/s ended; ${count(tasks.failed)} failed and ${count(tasks.aborted)} aborted since somebody watches`,
    })
  fillTiles(at('now'), tiles)
}

function showWarnings({ warnings }) {
  at('no-warnings').hidden = warnings.length > 0
  at('log').hidden = warnings.length === 0
  fillWarnings(at('warnings'), warnings, ({ code, message, at: when, count: times }) => ({
    head: `${clock(when)}  ${code}${times === undefined || times === 1 ? '' : `, ${count(times)} times`}`,
    text: message,
  }))
}

const threadName = (threadId) => (threadId === 0 ? 'main' : String(threadId))

/** Of the leases of a thread: what it has, or waits for. */
function connectionsOf(threadId, list) {
  const own = list.filter((lease) => lease.threadId === threadId)
  const texts = own.map(({ state, processId, database }) =>
    processId === undefined ? `waits for ${database}` : `${state} ${processId} of ${database}`,
  )
  return texts.join(', ') || 'none'
}

function showThreads({ tasks, leases: list = [] }) {
  const running = tasks?.running ?? []
  const rows = running.map(({ threadId, task, state, runMillis }) => ({
    order: threadId,
    cells: [threadName(threadId), task, state, duration(runMillis), connectionsOf(threadId, list)],
  }))
  // What runs no task of the executor: the main thread, workers that were attached, and idle threads that keep a connection.
  const busy = new Set(running.map(({ threadId }) => threadId))
  for (const threadId of new Set(list.map((lease) => lease.threadId))) {
    if (busy.has(threadId)) continue
    const { task = '–' } = list.find((lease) => lease.threadId === threadId && lease.state !== 'kept') ?? {}
    rows.push({
      order: threadId,
      cells: [threadName(threadId), task, '–', '–', connectionsOf(threadId, list)],
    })
  }
  rows.sort((a, b) => a.order - b.order)
  threads(rows)
  setText(at('threads-note'), rows.length === 0 ? 'No thread runs a task or has a connection.' : '')
}

function showLeases({ leases: list, moreLeases }) {
  leases(
    (list ?? []).map((lease) => ({
      state: lease.state,
      cells: [
        lease.database,
        lease.state,
        lease.task ?? '–',
        threadName(lease.threadId),
        duration(lease.ageMillis),
        lease.processId === undefined ? '–' : String(lease.processId),
        lease.path === undefined
          ? '–'
          : lease.path + (lease.relayReason === undefined ? '' : ` (${lease.relayReason})`),
        lease.statement ?? '–',
      ],
    })),
  )
  setText(at('leases-note'), leasesNote(list, moreLeases))
}

function leasesNote(list, more) {
  if (list === undefined) return 'There are too many to list.'
  if (more > 0) return `${count(more)} more are not listed.`
  return list.length === 0 ? 'None.' : ''
}

function showServer({ leases: list = [] }, { name, server: view }) {
  const holders = new Map(
    list
      .filter(({ database, processId }) => database === name && processId !== undefined)
      .map((lease) => [lease.processId, lease]),
  )
  const rows = view.state === 'told' ? view.connections : []
  server(
    rows.map(({ pid, state, waitType, wait, stateMillis, asks, query }) => ({
      state: state ?? '',
      cells: [
        String(pid),
        asks ? 'asks this' : (state ?? 'not shown to this role'),
        waitType === null ? '–' : `${waitType}: ${wait}`,
        stateMillis === null || asks ? '–' : duration(Number(stateMillis)),
        hereItIs(holders.get(pid), asks),
        asks ? '–' : (query ?? '–'),
      ],
    })),
  )
  setText(at('server-note'), serverNote(view))
}

function hereItIs(lease, asks) {
  if (asks || lease === undefined) return 'idle, or of another process'
  return lease.state === 'kept'
    ? `kept by thread ${threadName(lease.threadId)}`
    : `leased by ${lease.task ?? threadName(lease.threadId)}`
}

/** A query outside of a transaction is one. */
const transactionsOf = ({ transactionsPerSecond: rate }) =>
  rate === null ? '' : ` All clients of this database: ${number(rate)} transactions/s since the look before.`

function serverNote(view) {
  switch (view.state) {
    case 'told':
      return `As of ${clock(view.at)}. The server has ${count(view.clients)} clients in all, of at most ${count(view.maxClients)}.${transactionsOf(view)}`
    case 'failed':
      return `Postgres could not be asked at ${clock(view.at)}: ${view.error}`
    case 'full':
      return 'The pool is full: Postgres is asked as soon as a connection is free.'
    case 'paused':
      return 'The database is paused: Postgres is not asked.'
    case 'none open':
      return 'No connection is open, and none is opened only to ask.'
    case 'off':
      return 'Postgres is not asked (serverMillis is 0).'
    default:
      return 'Postgres has not been asked yet.'
  }
}

function showTotals({ leases: total, timeouts, refused, revoked, connectFailures, lost }) {
  fillTiles(at('totals'), [
    { name: 'Leases', value: count(total) },
    { name: 'Timeouts', value: count(timeouts), state: timeouts > 0 ? 'alert' : '' },
    { name: 'Refused', value: count(refused), state: refused > 0 ? 'alert' : '' },
    { name: 'Revoked', value: count(revoked), state: revoked > 0 ? 'alert' : '' },
    { name: 'Connections lost', value: count(lost), state: lost > 0 ? 'alert' : '' },
    { name: 'Failures to connect', value: count(connectFailures), state: connectFailures > 0 ? 'alert' : '' },
  ])
}

/** Of the database that is chosen now. */
function rewriteCharts() {
  const history = histories.get(chosen(latest).name) ?? []
  charts.forEach(({ chart }, index) => {
    chart.clear()
    for (const { at: when, values } of history) chart.add(when, values[index])
  })
}

function receive(snapshot) {
  const isFirst = latest === undefined
  remember(snapshot)
  latest = snapshot
  latestAt = performance.now()
  if (isFirst) showChoice(snapshot)
  const last = histories.get(chosen(snapshot).name).at(-1)
  charts.forEach(({ chart }, index) => {
    chart.add(last.at, last.values[index])
  })
  if (!isPaused) showAll()
  showStatus()
}

function showStatus(text) {
  const isLate = latest !== undefined && performance.now() - latestAt > LATE_MILLIS
  const told = text ?? (isLate ? 'The main thread does not answer' : live())
  document.documentElement.dataset.feed = text !== undefined || isLate ? 'away' : 'live'
  setText(status, told)
}

function live() {
  if (latest === undefined) return 'Connecting'
  const state = latest.state === 'open' ? '' : ` · the broker is ${latest.state}`
  return `${isPaused ? 'Paused' : 'Live'}${state}`
}

let source
function connect() {
  source = new EventSource('events')
  source.addEventListener('message', ({ data }) => receive(JSON.parse(data)))
  source.addEventListener('error', () => {
    const isRefused = source.readyState === EventSource.CLOSED
    showStatus(
      isRefused ? 'Not served: closed, or as many pages are open as may be' : 'Connection lost, trying again',
    )
    // The browser tries by itself only what was not refused.
    if (isRefused) setTimeout(connect, RETRY_MILLIS)
  })
}

pause.addEventListener('click', () => {
  isPaused = !isPaused
  pause.setAttribute('aria-pressed', String(isPaused))
  setText(pause, isPaused ? 'Go on' : 'Pause')
  if (!isPaused) showAll()
  showStatus()
})
select.addEventListener('change', () => {
  rewriteCharts()
  showAll()
})
setInterval(() => {
  if (source.readyState === EventSource.OPEN) showStatus()
}, RETRY_MILLIS)
// What is not looked at need not be sent.
document.addEventListener('visibilitychange', () => {
  source.close()
  if (document.visibilityState === 'visible') connect()
})
connect()
