const find = (id) => document.getElementById(id)

function element(name, content, attributes = {}) {
  const made = document.createElement(name)
  made.append(...[content].flat())
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}

function tiles(figures) {
  return figures.map(([label, value]) => element('div', [element('dt', label), element('dd', String(value))]))
}

function memberRow({ number, state, starts, planned, connections, threads, figures, underWay, processId }) {
  const jobs = underWay.map(({ country, fraction }) =>
    element(
      'div',
      [element('span', country), element('progress', [], { value: fraction, max: 1, 'aria-label': country })],
      { class: 'job' },
    ),
  )
  const idle = `${Math.max(0, threads - jobs.length)} of ${threads} free`
  const cells = [
    `${number}${processId === undefined ? '' : ` (${processId})`}`,
    state,
    starts,
    planned,
    `${figures?.connections ?? '–'} of ${connections}`,
    figures?.leased ?? '–',
    figures?.waiting ?? '–',
    [...jobs, idle],
  ]
  return element(
    'tr',
    cells.map((cell) => element('td', Array.isArray(cell) ? cell : String(cell))),
    { 'data-state': state },
  )
}

function show({ jobs, connections, members, runAgain }) {
  find('jobs').replaceChildren(
    ...tiles([
      ['waiting', jobs.waiting],
      ['running', jobs.running],
      ['planned', jobs.planned],
      ['failed', jobs.failed],
      ['run again', jobs.runAgain],
      ['connections', `${connections.now} of ${connections.max}`],
      ['most ever', connections.peak],
    ]),
  )
  find('members').replaceChildren(...members.map(memberRow))
  find('none').hidden = runAgain.length > 0
  find('again').replaceChildren(
    ...runAgain.map(({ country, runs }) => {
      const ways = runs.map(({ process, end, message }) => `process ${process} ${end} ${message}`.trim())
      return element('li', `${country}: ${ways.join(', ')}`)
    }),
  )
  find('status').textContent = jobs.waiting + jobs.running === 0 ? 'No job is left' : 'Working'
}

const events = new EventSource('events')
events.onmessage = ({ data }) => show(JSON.parse(data))
events.onerror = () => {
  find('status').textContent = 'The run is over, or out of reach'
}
