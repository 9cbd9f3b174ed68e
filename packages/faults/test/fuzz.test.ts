import { expect, test } from 'vitest'
import { CommandProcess } from '../../commands/test/support/command-process.js'

const COMMAND = new URL('../dist/fuzz-command.js', import.meta.url)

const fuzz = (...args: string[]) => new CommandProcess(COMMAND, args).ended

test('the process lives, and the innocent get their answers, whatever comes: all that is kept, and some more', async () => {
  const { code, stdout } = await fuzz('--seconds', '4', '--seed', '14')
  const outcomes = stdout.match(/^.* found,/gm)
  expect(outcomes, stdout).toEqual(['ports: 0 found,', 'framing: 0 found,', 'tls: 0 found,'])
  expect(code).toBe(0)
}, 180_000)

test('a group that there is not is told of in one line', async () => {
  expect(await fuzz('--group', 'horses')).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^There is no group "horses"\. .*\n$/),
  })
})
