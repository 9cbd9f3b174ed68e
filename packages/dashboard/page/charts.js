/** Charts of the last five minutes, each with a table of its latest values for those who do not see it. */
import { element, makeTable } from './tables.js'

/** Snapshots that are kept: one a second. */
const KEPT = 300

const HEIGHT = 180

/** Rows of the table beside a chart. */
const ROWS = 10

const narrowed = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const exact = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })

/** The style sheet's colours, which differ in light and dark. */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()

export class Chart {
  #data
  #plot
  #figure = element('figure')
  #space = element('div', { class: 'plot', 'aria-hidden': 'true' })
  #values = []
  #details = element('details')
  #fillTable

  /** @param series of `name` and `format` */
  constructor(parent, title, series) {
    this.title = title
    this.series = series
    this.#data = [[], ...series.map(() => [])]
    const caption = element('figcaption')
    const legend = element('p', { class: 'legend' })
    caption.append(element('h3', {}, title), legend)
    series.forEach(({ name }, index) => {
      const value = element('b', {}, '–')
      const entry = element('span')
      entry.append(element('i', { class: `line line-${index}`, 'aria-hidden': 'true' }), `${name} `, value)
      legend.append(entry, ' ')
      this.#values.push(value)
    })
    const summary = element('summary')
    summary.append('As a table', element('span', { class: 'unseen' }, `: ${title}`))
    this.#details.append(summary)
    this.#fillTable = makeTable(this.#details, title, ['Time', ...series.map(({ name }) => name)])
    this.#details.addEventListener('toggle', () => this.#showTable())
    this.#figure.append(caption, this.#space, this.#details)
    parent.append(this.#figure)
    new ResizeObserver(() => this.#resize()).observe(this.#space)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#draw())
    this.#draw()
  }

  /** @param at seconds of the epoch */
  add(at, values) {
    this.#data[0].push(at)
    values.forEach((value, index) => {
      this.#data[index + 1].push(value)
    })
    for (const column of this.#data) if (column.length > KEPT) column.shift()
  }

  clear() {
    for (const column of this.#data) column.length = 0
  }

  show() {
    this.#plot.setData(this.#data)
    this.#showValues()
    this.#showTable()
  }

  /** Of the moment under the pointer, else the latest. */
  #showValues() {
    const index = this.#plot.cursor.idx ?? this.#data[0].length - 1
    this.series.forEach(({ format }, each) => {
      const value = this.#data[each + 1][index]
      this.#values[each].textContent = value === undefined ? '–' : format(value)
    })
  }

  #showTable() {
    if (!this.#details.open) return
    const [times] = this.#data
    const rows = []
    for (let index = times.length - 1; index >= Math.max(0, times.length - ROWS); index--) {
      const values = this.series.map(({ format }, each) => format(this.#data[each + 1][index]))
      rows.push({ cells: [exact.format(times[index] * 1000), ...values] })
    }
    this.#fillTable(rows)
  }

  #resize() {
    const width = this.#space.clientWidth
    if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT })
  }

  /** Anew: a plot keeps the colours that it was made with. */
  #draw() {
    this.#plot?.destroy()
    const axis = {
      stroke: colour('quiet'),
      grid: { stroke: colour('rule'), width: 1 },
      ticks: { stroke: colour('rule'), width: 1, size: 4 },
      font: '12px system-ui, sans-serif',
    }
    const [{ format }] = this.series
    const options = {
      width: this.#space.clientWidth || 300,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false } },
      scales: {
        x: { range: () => this.#span() },
        y: { range: (_plot, _least, most) => [0, Math.max(1, (most ?? 0) * 1.1)] },
      },
      axes: [
        {
          ...axis,
          space: 70,
          values: (_plot, times) => times.map((time) => narrowed.format(time * 1000)),
          incrs: [60, 120],
        },
        { ...axis, size: 68, space: 40, values: (_plot, values) => values.map((value) => format(value)) },
      ],
      series: [
        {},
        ...this.series.map((_, index) => ({
          stroke: colour(`line-${index}`),
          width: 2,
          dash: index === 0 ? undefined : [[], [6, 4], [2, 3]][index],
          points: { show: false },
        })),
      ],
      hooks: { setCursor: [() => this.#plot && this.#showValues()] },
    }
    this.#plot = new globalThis.uPlot(options, this.#data, this.#space)
  }

  /** Always five minutes, so that the lines move and are not stretched. */
  #span() {
    const last = this.#data[0].at(-1) ?? Date.now() / 1000
    return [last - KEPT, last]
  }
}
