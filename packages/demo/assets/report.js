// Runs in the report's page: zoom and move the map, choose a country, sort the table.
const map = document.getElementById('map')
const card = document.getElementById('card')
const world = document.getElementById('world')
const body = document.querySelector('tbody')
const { width: WIDTH, height: HEIGHT } = map.viewBox.baseVal
const CLOSEST = WIDTH / 400

let view = { x: 0, y: 0, width: WIDTH }

function show({ x, y, width }) {
  const clamped = Math.min(WIDTH, Math.max(CLOSEST, width))
  const height = (clamped * HEIGHT) / WIDTH
  view = {
    x: Math.min(WIDTH - clamped, Math.max(0, x)),
    y: Math.min(HEIGHT - height, Math.max(0, y)),
    width: clamped,
  }
  map.setAttribute('viewBox', `${view.x} ${view.y} ${view.width} ${height}`)
  map.classList.toggle('near', view.width < WIDTH / 4)
  map.classList.toggle('zoomed', view.width < WIDTH)
  world.hidden = view.width === WIDTH
}

function showWorld() {
  choose(undefined)
  show({ x: 0, y: 0, width: WIDTH })
}

/** Keeps the point of the map under the pointer where it is. */
function zoom(factor, clientX, clientY) {
  const box = map.getBoundingClientRect()
  const [across, down] = [(clientX - box.left) / box.width, (clientY - box.top) / box.height]
  const width = Math.min(WIDTH, Math.max(CLOSEST, view.width * factor))
  const change = view.width - width
  show({ x: view.x + across * change, y: view.y + (down * change * HEIGHT) / WIDTH, width })
}

// The wheel scrolls the page until the map is enlarged. A pinch on a touchpad arrives as a wheel with Ctrl.
map.addEventListener(
  'wheel',
  (event) => {
    if (!event.ctrlKey && view.width === WIDTH) return
    event.preventDefault()
    zoom(1.0016 ** event.deltaY, event.clientX, event.clientY)
  },
  { passive: false },
)

map.addEventListener('dblclick', (event) => zoom(1 / 3, event.clientX, event.clientY))

const pointers = new Map()
map.addEventListener('pointerdown', (event) => {
  pointers.set(event.pointerId, event)
  map.setPointerCapture(event.pointerId)
  map.classList.add('moving')
})
for (const end of ['pointerup', 'pointercancel']) {
  map.addEventListener(end, (event) => {
    pointers.delete(event.pointerId)
    map.classList.toggle('moving', pointers.size > 0)
  })
}
map.addEventListener('pointermove', (event) => {
  const before = pointers.get(event.pointerId)
  if (!before) return
  const other = [...pointers.values()].find((pointer) => pointer.pointerId !== event.pointerId)
  if (other) {
    const gap = (pointer) => Math.hypot(pointer.clientX - other.clientX, pointer.clientY - other.clientY) || 1
    zoom(gap(before) / gap(event), other.clientX, other.clientY)
  } else {
    const scale = view.width / map.getBoundingClientRect().width
    const moved = { x: before.clientX - event.clientX, y: before.clientY - event.clientY }
    show({ ...view, x: view.x + moved.x * scale, y: view.y + moved.y * scale })
  }
  pointers.set(event.pointerId, event)
})

// The card says it sooner than the browser would.
for (const title of map.querySelectorAll('title')) {
  title.parentElement.setAttribute('aria-label', title.textContent)
  title.remove()
}

const tourOf = (country) => document.getElementById(`tour-${country}`)
const rowOf = (country) => body.querySelector(`[data-country="${country}"]`)

function choose(country) {
  for (const chosen of document.querySelectorAll('.chosen')) chosen.classList.remove('chosen')
  map.classList.toggle('choosing', country !== undefined)
  if (country === undefined) return
  tourOf(country).classList.add('chosen')
  rowOf(country).classList.add('chosen')
}

function zoomTo(country) {
  const box = tourOf(country).getBBox()
  const width = Math.max(box.width, (box.height * WIDTH) / HEIGHT) * 1.25
  show({
    x: box.x + box.width / 2 - width / 2,
    y: box.y + box.height / 2 - (width * HEIGHT) / WIDTH / 2,
    width,
  })
  choose(country)
  map.scrollIntoView({ behavior: 'smooth', block: 'center' })
}

map.addEventListener('pointerover', ({ target, clientX, clientY }) => {
  const country = target.id.startsWith('tour-') ? target.id.slice(5) : undefined
  card.hidden = country === undefined
  if (country === undefined) return
  const [name, cities, before, after] = [...rowOf(country).cells].map((cell) => cell.textContent)
  const heading = document.createElement('b')
  heading.textContent = name
  card.replaceChildren(heading, `\n${cities} ${cities === '1' ? 'city' : 'cities'}\n${before} → ${after} km`)
  const box = map.parentElement.getBoundingClientRect()
  card.style.top = `${clientY - box.top + 18}px`
  card.style.left = `${Math.min(clientX - box.left + 14, box.width - 200)}px`
})
map.addEventListener('pointerleave', () => {
  card.hidden = true
})

body.addEventListener('click', ({ target }) => {
  const row = target.closest('tr')
  if (row) zoomTo(row.dataset.country)
})
world.addEventListener('click', showWorld)
document.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') showWorld()
})

const heads = [...document.querySelectorAll('thead th')]
heads.forEach((head, column) => {
  head.addEventListener('click', () => {
    const first = column === 0 ? 'ascending' : 'descending'
    const other = column === 0 ? 'descending' : 'ascending'
    const order = head.getAttribute('aria-sort') === first ? other : first
    for (const each of heads) each.removeAttribute('aria-sort')
    head.setAttribute('aria-sort', order)
    const value = (row) => row.cells[column].dataset.value
    const compare = column === 0 ? (a, b) => value(a).localeCompare(value(b)) : (a, b) => value(a) - value(b)
    const rows = [...body.rows].sort(compare)
    body.append(...(order === 'ascending' ? rows : rows.reverse()))
  })
})
