import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)

/** What a process has once this program has run in it. */
async function behind(program: string): Promise<{ navigator: boolean; loadsFetch: boolean }> {
  const tell = `process.stdout.write(JSON.stringify({
    navigator: 'navigator' in globalThis,
    loadsFetch: process.moduleLoadList.some((name) => name.includes('deps/undici')),
  }))`
  const values = ['--input-type=module', '--eval', `${program}\n${tell}`]
  const { stdout } = await run(process.execPath, values, { cwd: import.meta.dirname })
  return JSON.parse(stdout)
}

test.each([
  "await import('@pglease/client')",
  "await import('@pglease/client/internal')",
  "process.getBuiltinModule('module').createRequire(process.cwd() + '/')('@pglease/client')",
])('Node loads nothing of fetch for pg, and has the navigator that it has: %s', async (program) => {
  const { navigator } = await behind('')
  expect(await behind(program)).toEqual({ navigator, loadsFetch: false })
})
