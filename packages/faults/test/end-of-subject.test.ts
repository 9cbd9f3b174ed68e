import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { until } from '../../broker/test/support/until.js'
import { CommandProcess } from '../../commands/test/support/command-process.js'

const COMMAND = new URL('../dist/faults-command.js', import.meta.url)

/** The processes that one has started, and those that they have. */
function descendantsOf(processId: number): number[] {
  const text = readIfThere(`/proc/${processId}/task/${processId}/children`)
  const children = text.split(' ').filter(Boolean).map(Number)
  return [...children, ...children.flatMap(descendantsOf)]
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

const isRunning = (processId: number) => !['', 'Z'].includes(stateOf(processId))
const stateOf = (processId: number) => readIfThere(`/proc/${processId}/stat`).match(/\) (\w)/)?.[1] ?? ''

test.skipIf(process.platform !== 'linux')(
  'a campaign whose process under test ends tells of it with what repeats it, and leaves nothing behind',
  async () => {
    const command = new CommandProcess(COMMAND, ['--seed', '14', '--round', '0', '--path', 'relayed'])
    const find = (what: RegExp) =>
      descendantsOf(command.processId).find((id) => what.test(readIfThere(`/proc/${id}/cmdline`)))
    await until(() => find(/^postgres: load /), 'for the load to be under way', 60_000)
    const subject = find(/subject-process\.js/)!
    const started = descendantsOf(command.processId)
    process.kill(subject, 'SIGABRT')
    const { code, stdout } = await command.ended
    expect(stdout).toMatch(/^relayed: .*, [1-9]\d* tasks?, 0 failed, [1-9]\d* unaccounted$/m)
    expect(stdout).toMatch(
      /^ {2}UNACCOUNTED in round 0: The process ended with SIGABRT, and nobody knows what became of \d+ tasks?; again by --path relayed --seed 14 --round 0$/m,
    )
    expect(code).toBe(1)
    await until(() => !started.some(isRunning), 'for what the campaign has started to end')
  },
  120_000,
)
