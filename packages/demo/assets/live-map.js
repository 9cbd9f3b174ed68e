// Runs in the page of the live map: draws the world when it is there, and each tour when it is found.
const MILLIS_BETWEEN_LOOKS = 1000
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

async function look() {
  if (tours === undefined) await drawWorld()
  if (tours === undefined) return
  const more = await (await fetch(`tours?from=${known}`)).json()
  if (more.length === 0) return
  known += more.length
  more.forEach(draw)
  found.textContent = `${known} found. The latest: ${more.at(-1).title}`
}

async function lookAgain() {
  try {
    await look()
  } catch {
    found.textContent = `The run is over; ${known} tours were found.`
    return
  }
  setTimeout(lookAgain, MILLIS_BETWEEN_LOOKS)
}
lookAgain()
