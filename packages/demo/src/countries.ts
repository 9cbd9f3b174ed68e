import { UsageError } from '@pglease/commands'
import { COUNTRY_CODES } from './country-codes.js'

const names = new Intl.DisplayNames(['en'], { type: 'region' })

const SUGGESTIONS = 4

/** The English name of an ISO 3166-1 code. */
export const countryName = (code: string): string => names.of(code) ?? code

/** @throws UsageError for a code without cities, with near ones that have some */
export function checkCountries(codes: readonly string[]): void {
  const unknown = codes.find((code) => !COUNTRY_CODES.has(code))
  if (unknown === undefined) return
  const near = nearCountries(unknown, [...COUNTRY_CODES]).map((code) => `${code} (${countryName(code)})`)
  const hint = near.length === 0 ? '' : ` Did you mean ${near.join(', ')}?`
  throw new UsageError(
    `There is no country "${unknown}" in the data.${hint} Give ISO 3166 codes of two letters.`,
  )
}

/** The countries that somebody who wrote `word` may have meant, all equally likely. */
function nearCountries(word: string, codes: readonly string[]): string[] {
  const upper = word.toUpperCase()
  const rank = (code: string) => {
    const name = countryName(code).toUpperCase()
    if (code === sameRegion(upper) || name === upper) return 0
    if (upper.length > 2 && name.startsWith(upper.slice(0, 4))) return 1
    if (upper.length === 3 && upper.startsWith(code)) return 2
    return [...upper].sort().join() === [...code].sort().join() ? 3 : upper[0] === code[0] ? 4 : 5
  }
  const best = Math.min(...codes.map(rank))
  if (best === 5) return []
  return codes
    .filter((code) => rank(code) === best)
    .sort()
    .slice(0, SUGGESTIONS)
}

/** Old and unofficial codes have official ones: UK is GB. */
function sameRegion(code: string): string | undefined {
  try {
    return new Intl.Locale(`und-${code}`).region
  } catch {
    return undefined
  }
}
