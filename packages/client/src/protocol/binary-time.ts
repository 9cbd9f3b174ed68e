/** Texts of the server's types of times, whose binary formats count from the year 2000, in the style ISO. */

const DAY_MICROS = 86_400_000_000n

/** From 0000-03-01 to 2000-01-01. */
const DAYS_BEFORE_2000 = 730_425
const DAYS_IN_400_YEARS = 146_097

const two = (value: number | bigint) => String(value).padStart(2, '0')

export function dateText(bytes: Buffer): string {
  const days = bytes.readInt32BE(0)
  if (days === 2 ** 31 - 1) return 'infinity'
  if (days === -(2 ** 31)) return '-infinity'
  const { date, era } = dayText(days)
  return date + era
}

export function timestampText(bytes: Buffer, zone: string): string {
  const micros = bytes.readBigInt64BE(0)
  if (micros === 2n ** 63n - 1n) return 'infinity'
  if (micros === -(2n ** 63n)) return '-infinity'
  const inDay = ((micros % DAY_MICROS) + DAY_MICROS) % DAY_MICROS
  const { date, era } = dayText(Number((micros - inDay) / DAY_MICROS))
  return `${date} ${clockText(inDay)}${zone}${era}`
}

export function timeText(bytes: Buffer): string {
  return clockText(bytes.readBigInt64BE(0))
}

/** Its zone is in seconds west of Greenwich. */
export function timetzText(bytes: Buffer): string {
  const west = bytes.readInt32BE(8)
  const seconds = Math.abs(west)
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((each) => two(Math.floor(each)))
  while (parts.length > 1 && parts.at(-1) === '00') parts.pop()
  return `${timeText(bytes)}${west > 0 ? '-' : '+'}${parts.join(':')}`
}

/** In the style `postgres`, the default: a sign is shown where the part before it is negative. */
export function intervalText(bytes: Buffer): string {
  const micros = bytes.readBigInt64BE(0)
  const days = bytes.readInt32BE(8)
  const months = bytes.readInt32BE(12)
  if (micros === 2n ** 63n - 1n && days === 2 ** 31 - 1) return 'infinity'
  if (micros === -(2n ** 63n) && days === -(2 ** 31)) return '-infinity'
  const parts: string[] = []
  let isBehindNegative = false
  const units: [number, string][] = [
    [Math.trunc(months / 12), 'year'],
    [months % 12, 'mon'],
    [days, 'day'],
  ]
  for (const [value, unit] of units) {
    if (value === 0) continue
    parts.push(`${isBehindNegative && value > 0 ? '+' : ''}${value} ${unit}${value === 1 ? '' : 's'}`)
    isBehindNegative = value < 0
  }
  if (micros !== 0n || parts.length === 0) {
    const sign = micros < 0n ? '-' : isBehindNegative ? '+' : ''
    parts.push(sign + clockText(micros < 0n ? -micros : micros))
  }
  return parts.join(' ')
}

function clockText(micros: bigint): string {
  const seconds = micros / 1_000_000n
  const fraction = String(micros % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '')
  const clock = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`
  return fraction === '' ? clock : `${clock}.${fraction}`
}

/** Of the Gregorian calendar, in which a year is taken to begin in March, so that leap days come last. */
function dayText(daysFrom2000: number): { date: string; era: string } {
  const days = daysFrom2000 + DAYS_BEFORE_2000
  const cycle = Math.floor(days / DAYS_IN_400_YEARS)
  const inCycle = days - cycle * DAYS_IN_400_YEARS
  const yearInCycle = Math.floor(
    (inCycle - Math.floor(inCycle / 1460) + Math.floor(inCycle / 36_524) - Math.floor(inCycle / 146_096)) /
      365,
  )
  const inYear = inCycle - (365 * yearInCycle + Math.floor(yearInCycle / 4) - Math.floor(yearInCycle / 100))
  const monthFromMarch = Math.floor((5 * inYear + 2) / 153)
  const day = inYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = 400 * cycle + yearInCycle + (month <= 2 ? 1 : 0)
  const shown = year > 0 ? year : 1 - year
  return { date: `${String(shown).padStart(4, '0')}-${two(month)}-${two(day)}`, era: year > 0 ? '' : ' BC' }
}
