import { expect, test } from 'vitest'
import { CommandProcess } from '../../commands/test/support/command-process.js'

const COMMAND = new URL('../dist/fuzz-command.js', import.meta.url)

const fuzz = (...args: string[]) => new CommandProcess(COMMAND, args).ended

const targets = (...names: string[]) => names.flatMap((name) => ['--target', name])

test.each([
  ['ports', targets('session-cell')],
  ['framing', targets('scanner', 'tracker', 'resets')],
  ['tls', []],
])(
  'the process lives, and the innocent get their answers, whatever comes to the %s',
  async (group, only) => {
    const { code, stdout } = await fuzz('--seconds', '4', '--seed', '14', '--group', group, ...only)
    expect(stdout).toContain(`${group}: 0 found`)
    expect(code).toBe(0)
  },
  60_000,
)

test('a group that there is not is told of in one line', async () => {
  expect(await fuzz('--group', 'horses')).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^There is no group "horses"\. .*\n$/),
  })
})
