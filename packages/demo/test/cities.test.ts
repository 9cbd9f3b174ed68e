import { expect, test } from 'vitest'
import { CITY_COLUMNS, copyRows, escapeText } from '../src/cities.js'
import { checkCountries } from '../src/countries.js'
import { COUNTRY_CODES } from '../src/country-codes.js'

test('there are about 135,000 cities in 246 countries', () => {
  const rows = [...copyRows()].join('').split('\n').slice(0, -1)
  expect(rows.length).toBeGreaterThan(130_000)
  const columns = rows.map((row) => row.split('\t'))
  expect(new Set(columns.map(({ length }) => length))).toEqual(new Set([CITY_COLUMNS.split(',').length]))
  expect(new Set(columns.map(([, country]) => country))).toEqual(COUNTRY_CODES)
  expect(COUNTRY_CODES.size).toBe(246)
})

test('only the chosen countries are loaded, in whole rows', () => {
  const chunks = [...copyRows(['IT', 'LI'])]
  expect(chunks.length).toBeGreaterThan(1)
  for (const chunk of chunks) expect(chunk.endsWith('\n')).toBe(true)
  const countries = chunks
    .join('')
    .trimEnd()
    .split('\n')
    .map((row) => row.split('\t')[1])
  expect(new Set(countries)).toEqual(new Set(['IT', 'LI']))
})

test('what means something to COPY is escaped', () => {
  expect(escapeText('a\\b\tc\nd\re \\N')).toBe('a\\\\b\\tc\\nd\\re \\\\N')
})

test.each([
  ['UK', /GB \(United Kingdom\)/],
  ['ITA', /IT \(Italy\)/],
  ['GERMANY', /DE \(Germany\)/],
  ['HC', /CH \(Switzerland\)/],
  ['ZZ', /ZA \(South Africa\), ZM \(Zambia\), ZW \(Zimbabwe\)/],
  ['?', /no country "\?" in the data\. Give/],
])('for the unknown country %s near ones are named', (code, message) => {
  expect(() => checkCountries(['IT', code])).toThrow(message)
})

test('known countries pass', () => {
  expect(() => checkCountries(['IT', 'XK'])).not.toThrow()
})
