import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const text = readFileSync(new URL('docs/architecture.md', root), 'utf8')

/** Of both packages, as the page names them: with or without `src`. */
const files = ['client', 'broker'].flatMap((name) =>
  ['src', 'test'].flatMap((part) =>
    readdirSync(new URL(`packages/${name}/${part}/`, root), { recursive: true, encoding: 'utf8' }).flatMap(
      (file) => [`/${name}/${part}/${file}`, `/${name}/${file}`],
    ),
  ),
)

const namedIn = (part: string) => [...part.matchAll(/`([\w/.-]+\.ts)`/g)].map((match) => match[1]!)

test('each file that the page of the architecture names is there', () => {
  const missing = namedIn(text).filter((name) => !files.some((file) => file.endsWith(`/${name}`)))
  expect(missing).toEqual([])
})

describe('each promise', () => {
  const table = text.slice(text.search(/^\| promise +\|/m)).split('\n\n')[0]!
  const rows = table.split('\n').slice(2)

  test('stands in the table', () => expect(rows.length).toBeGreaterThan(10))

  test.each(rows.map((row) => row.split('|').map((cell) => cell.trim())))(
    '%s%s has a file that keeps it, and a test that proves it',
    (_, _promise, keptBy, provedBy) => {
      expect(namedIn(keptBy!).length).toBeGreaterThan(0)
      for (const name of namedIn(provedBy!)) expect(name).toMatch(/\.test\.ts$/)
      expect(namedIn(provedBy!).length).toBeGreaterThan(0)
    },
  )
})
