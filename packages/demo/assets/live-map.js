// Runs in the page of the live map: draws the world when it is there, and each tour when it is found.
const SVG = 'http://www.w3.org/2000/svg'

const found = document.getElementById('found')
const figure = document.getElementById('place')
let tours
let known = 0

async function drawWorld() {
  const text = await (await fetch('world')).text()
  const map = new DOMParser().parseFromString(text, 'text/html').querySelector('svg')
  if (map === null) return
  figure.replaceChildren(map)
  tours = map.querySelector('.tours')
}

function draw({ title, path, colour }) {
  const line = document.createElementNS(SVG, 'path')
  line.setAttribute('d', path)
  line.setAttribute('class', `c${colour}`)
  const name = document.createElementNS(SVG, 'title')
  name.textContent = title
  line.append(name)
  tours.append(line)
}

async function begin() {
  // The world comes when the run has begun.
  while (tours === undefined) {
    await drawWorld()
    if (tours === undefined) await new Promise((resolve) => setTimeout(resolve, 1000))
  }
  const source = new EventSource('tours')
  source.addEventListener('message', ({ data }) => {
    const tour = JSON.parse(data)
    draw(tour)
    known++
    found.textContent = `${known} found. The latest: ${tour.title}`
  })
  source.addEventListener('error', () => {
    found.textContent = `The run is over, or out of reach; ${known} tours were found.`
  })
}
begin().catch(() => {
  found.textContent = 'The run is over.'
})
