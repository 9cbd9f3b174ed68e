import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** Loads the library in a process of its own, after `before` has been done to pg. */
function load(before: string) {
  const program = `import pg from 'pg'; ${before}; await import('@pglease/client').catch((error) => console.log(error.code + ': ' + error.message))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: new URL('../..', import.meta.url),
    encoding: 'utf8',
  })
  return stdout
}

test('a pg that is known is taken without a word', () => {
  expect(load('')).toBe('')
})

test.each(['_pulseQueryQueue', '_errorAllQueries', '_handleErrorMessage', '_handleCopyInResponse'])(
  'a pg whose client has no %s is refused when the library is loaded, with what to install',
  (method) => {
    expect(load(`delete pg.Client.prototype.${method}`)).toBe(
      `PGLEASE_CONFIGURATION: This pg is not known to pglease: its Client has no ${method}. Install pg 8.23 or a later 8.x.\n`,
    )
  },
)

test('a pg with errors of its own is refused too', () => {
  expect(load('pg.DatabaseError = class DatabaseError extends Error {}')).toContain(
    'PGLEASE_CONFIGURATION: pg and pglease have each a pg-protocol of their own',
  )
})
