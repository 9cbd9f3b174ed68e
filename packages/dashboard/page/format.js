/** Texts for figures. */
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const fine = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

export const count = (value) => whole.format(value)

/** A number that may be small. */
export const number = (value) => (value < 10 ? fine : whole).format(value)

export function bytes(value) {
  const units = ['B', 'kB', 'MB', 'GB']
  let unit = 0
  let rest = value
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000
    unit++
  }
  return `${number(rest)} ${units[unit]}`
}

/** Of milliseconds. */
export function duration(millis) {
  if (millis < 1) return `${fine.format(millis)} ms`
  if (millis < 1000) return `${number(millis)} ms`
  if (millis < 60_000) return `${fine.format(millis / 1000)} s`
  if (millis < 3_600_000)
    return `${Math.floor(millis / 60_000)} min ${Math.floor((millis % 60_000) / 1000)} s`
  return `${Math.floor(millis / 3_600_000)} h ${Math.floor((millis % 3_600_000) / 60_000)} min`
}

export const percent = (share) => `${whole.format(100 * share)} %`

/** Of milliseconds of the epoch. */
export const clock = (at) => new Date(at).toLocaleTimeString()
