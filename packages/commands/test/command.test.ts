import { expect, test } from 'vitest'
import { until } from '../../broker/test/support/until.js'
import { CommandProcess } from './support/command-process.js'

const PROGRAM = new URL('./programs/command.js', import.meta.url)

test.each([
  ['--help', { code: 0, stdout: 'Usage: command END\n', stderr: '' }],
  ['well', { code: 0, stdout: '', stderr: '' }],
  ['ill', { code: 7, stdout: '', stderr: '' }],
  ['nope', { code: 2, stdout: '', stderr: 'There is no end "nope".\n' }],
  ['throws', { code: 1, stdout: '', stderr: 'The disk is full.\n' }],
  ['throwsNothing', { code: 1, stdout: '', stderr: 'undefined\n' }],
])('a command that is given %s ends with its exit code and at most one line', async (end, ended) => {
  expect(await new CommandProcess(PROGRAM, [end]).ended).toEqual(ended)
})

test.skipIf(process.platform === 'win32').each([
  ['a command that can be aborted ends in its own time', 'aborted', '', 'Interrupted.\n'],
  ['one that cannot still has its exit event', 'exits', 'exited\n', ''],
])('after Ctrl-C %s', async (_, end, stdout, stderr) => {
  const command = new CommandProcess(PROGRAM, [end])
  await until(() => command.stdout === 'waiting\n', 'for the command to wait')
  command.interrupt()
  expect(await command.ended).toEqual({ code: 130, stdout: `waiting\n${stdout}`, stderr })
})

test.skipIf(process.platform === 'win32')(
  'a command whose reader is gone ends as after a signal, and says nothing',
  async () => {
    const command = new CommandProcess(PROGRAM, ['prints'])
    await until(() => command.stdout !== '', 'for the command to print')
    command.stopReading()
    expect(await command.ended).toMatchObject({ code: 141, stderr: '' })
  },
)
