import { expect, test } from 'vitest'
import { CommandProcess } from '../../../commands/test/support/command-process.js'
import { FAULTS } from '../../src/faults/index.js'
import { planStretch } from '../../src/soak/plan.js'

const COMMAND = new URL('../../dist/soak-command.js', import.meta.url)

const soak = (...args: string[]) => new CommandProcess(COMMAND, args).ended

test('every task of a burst is done, and its memory is given back', async () => {
  const { code, stdout } = await soak('--burst', '--tasks', '5000', '--pairs', '1')
  expect(stdout).toMatch(/^ {2}time .* \(.* to .*\)$/m)
  expect(code, stdout).toBe(0)
}, 60_000)

test('a stretch of a soak is made by its seed and its number alone, and never closes the broker', () => {
  const plan = planStretch(7, 2, 600)
  expect(plan).toEqual(planStretch(7, 2, 600))
  expect(plan.seed).not.toBe(planStretch(8, 2, 600).seed)
  const struck = new Set(plan.lines.flat().map(({ fault }) => fault))
  const closes = FAULTS.filter(({ costs }) => costs.closed !== undefined)
  expect(closes.filter(({ name }) => struck.has(name))).toEqual([])
})

test('a number of minutes that is none is told of in one line', async () => {
  expect(await soak('--minutes', 'many')).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^--minutes takes a whole number .*\n$/),
  })
})
