/**
 * Tables and lists that are brought up to date where they differ, so that what is selected, read aloud or focused stays. All that
 * comes from elsewhere is written as text, and never as markup.
 */

/** @returns a new element with these attributes and this text */
export function element(name, attributes = {}, text = undefined) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  if (text !== undefined) made.textContent = text
  return made
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text
}

/** Makes `parent` have as many children, and lets `fill` bring each up to date. */
function keep(parent, length, make, fill) {
  while (parent.children.length > length) parent.lastElementChild.remove()
  while (parent.children.length < length) parent.append(make())
  for (let index = 0; index < length; index++) fill(parent.children[index], index)
}

/** Columns whose texts may be of any length. */
const LONG = new Set(['Database', 'Runs', 'Connection', 'Task', 'Last statement', 'Here it is', 'Query'])

/**
 * A table in `parent`. Where the page is narrow, the style sheet shows each row as a card with the names of the columns, for which
 * the roles say what it is.
 * @returns what fills it with rows of texts
 */
export function makeTable(parent, label, columns) {
  const table = element('table', { role: 'table', 'aria-label': label })
  const head = element('tr', { role: 'row' })
  for (const column of columns) head.append(element('th', { role: 'columnheader', scope: 'col' }, column))
  const headGroup = element('thead', { role: 'rowgroup' })
  headGroup.append(head)
  const body = element('tbody', { role: 'rowgroup' })
  table.append(headGroup, body)
  parent.append(table)

  const makeRow = () => {
    const row = element('tr', { role: 'row' })
    for (const column of columns) {
      const cell = element('td', { role: 'cell', 'data-label': column })
      if (LONG.has(column)) cell.className = 'long'
      row.append(cell)
    }
    return row
  }
  return (rows) => {
    table.hidden = rows.length === 0
    keep(body, rows.length, makeRow, (row, index) => {
      const { cells, state = '' } = rows[index]
      if (row.dataset.state !== state) row.dataset.state = state
      columns.forEach((_, column) => {
        setText(row.children[column], cells[column])
      })
    })
  }
}

/** Names and values in `parent`, a `dl`; a `share` from 0 to 1 is drawn as a bar below. */
export function fillTiles(parent, tiles) {
  const make = () => {
    const tile = element('div')
    const bar = element('dd', { class: 'bar', 'aria-hidden': 'true' })
    bar.append(element('meter'))
    tile.append(element('dt'), element('dd'), element('dd', { class: 'note' }), bar)
    return tile
  }
  keep(parent, tiles.length, make, (tile, index) => {
    const { name, value, note = '', share, state = '' } = tiles[index]
    const [term, figure, remark, bar] = tile.children
    setText(term, name)
    setText(figure, value)
    setText(remark, note)
    tile.dataset.state = state
    bar.hidden = share === undefined
    if (share !== undefined) bar.firstElementChild.value = share
  })
}

/** Items of `parent`, by their number, the latest first: those that were there stay. */
export function fillWarnings(parent, warnings, describe) {
  const shown = new Set([...parent.children].map(({ dataset }) => dataset.number))
  const wanted = new Set(warnings.map((warning) => String(warning.number)))
  for (const item of [...parent.children]) if (!wanted.has(item.dataset.number)) item.remove()
  for (const warning of [...warnings].reverse()) {
    if (shown.has(String(warning.number))) continue
    const item = element('li', { 'data-number': String(warning.number) })
    const { head, text } = describe(warning)
    item.append(element('strong', {}, head), element('p', {}, text))
    parent.prepend(item)
  }
}
