import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const COMMAND = fileURLToPath(new URL('../dist/fuzz-command.js', import.meta.url))

/** The exit code, and what was printed. */
async function fuzz(...args: string[]): Promise<{ code: number; output: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [COMMAND, ...args])
    return { code: 0, output: stdout + stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, output: stdout + stderr }
  }
}

const targets = (...names: string[]) => names.flatMap((name) => ['--target', name])

test.each([
  ['ports', targets('session-cell')],
  ['framing', targets('scanner', 'tracker', 'resets')],
  ['tls', []],
])(
  'the process lives, and the innocent get their answers, whatever comes to the %s',
  async (group, only) => {
    const { code, output } = await fuzz('--seconds', '4', '--seed', '14', '--group', group, ...only)
    expect(output).toContain(`${group}: 0 found`)
    expect(code).toBe(0)
  },
  60_000,
)

test('a group that there is not is told of in one line', async () => {
  const { code, output } = await fuzz('--group', 'horses')
  expect({ code, output }).toEqual({
    code: 2,
    output: expect.stringMatching(/^There is no group "horses"\. .*\n$/),
  })
})
