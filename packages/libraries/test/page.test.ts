import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const PAGE = read('../../../docs/libraries.md')

test('the code in the page is the code that the tests run', () => {
  const shown = [...PAGE.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!)
  const libraries = readdirSync(new URL('../src', import.meta.url), { withFileTypes: true })
  const run = libraries
    .filter((each) => each.isDirectory())
    .map(({ name }) => read(`../src/${name}/database.ts`))
  expect(shown.sort()).toEqual(run.sort())
})

test('the versions in the page are those that the tests run', () => {
  const rows = [...PAGE.matchAll(/^\| (`.+?`) +\| (\S+)/gm)].flatMap(([, names, version]) =>
    [...names!.matchAll(/`([^`]+)`/g)].map(([, name]) => [name, version]),
  )
  const { dependencies } = JSON.parse(read('../package.json')) as { dependencies: Record<string, string> }
  const own = /^(@pglease\/|@types\/|pg$)/
  expect(rows.sort()).toEqual(
    Object.entries(dependencies)
      .filter(([name]) => !own.test(name))
      .sort(),
  )
})
