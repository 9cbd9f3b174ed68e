import { expect, test } from 'vitest'
import { CommandProcess } from '../../commands/test/support/command-process.js'

const COMMAND = new URL('../dist/faults-command.js', import.meta.url)

const faults = (...args: string[]) => new CommandProcess(COMMAND, args).ended

const PATHS = ['unix', 'tcp', 'tls', 'relayed', 'node-tls']

test('every task of a short round is accounted for, on every path', async () => {
  const { code, stdout } = await faults('--seed', '14', '--round', '0', '--brief')
  const outcomes = stdout.match(/^\S+: .* unaccounted$/gm)
  expect(outcomes).toEqual(PATHS.map((path) => expect.stringMatching(`^${path}: .* 0 unaccounted$`)))
  expect(code).toBe(0)
}, 240_000)

test('a path that there is not is told of in one line', async () => {
  expect(await faults('--path', 'carrier pigeon')).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^There is no path "carrier pigeon"\. .*\n$/),
  })
})
