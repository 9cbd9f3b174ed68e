import { expect, test } from 'vitest'
import { CommandProcess } from '../../commands/test/support/command-process.js'

const COMMAND = new URL('../dist/faults-command.js', import.meta.url)

const faults = (...args: string[]) => new CommandProcess(COMMAND, args).ended

const SEED = ['--seed', '14', '--round', '0', '--brief']

test.each(['unix', 'relayed'])(
  'every task of a short round on the path %s is accounted for',
  async (path) => {
    const { code, stdout } = await faults(...SEED, '--path', path)
    expect(stdout).toContain(' 0 unaccounted\n')
    expect(code).toBe(0)
  },
  120_000,
)

test('a path that there is not is told of in one line', async () => {
  expect(await faults('--path', 'carrier pigeon')).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^There is no path "carrier pigeon"\. .*\n$/),
  })
})
