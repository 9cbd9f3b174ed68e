import { expect, onTestFinished, test } from 'vitest'
import { Screen } from '../src/screen.js'
import { Terminal } from './support/terminal.js'

function start(columns: number, rows: number) {
  const terminal = new Terminal(columns, rows)
  terminal.stream.write('$ command\n')
  const screen = new Screen(terminal.stream)
  onTestFinished(() => screen.close())
  return { terminal, screen }
}

test('each frame replaces the one before, whether it has more lines or fewer', async () => {
  const { terminal, screen } = start(20, 10)
  screen.show(['one'])
  screen.show(['one', 'a long second', 'three'])
  expect(await terminal.lines()).toEqual(['one', 'a long second', 'three'])
  screen.show(['four', 'five'])
  expect(await terminal.lines()).toEqual(['four', 'five'])
  screen.show([])
  expect(await terminal.lines()).toEqual([])
})

test('at the end the terminal is as it was before', async () => {
  const { terminal, screen } = start(20, 10)
  screen.show(['one', 'two'])
  screen.close()
  terminal.stream.write('done\n')
  expect(await terminal.lines()).toEqual(['$ command', 'done'])
})

test('a frame fits the terminal', async () => {
  const { terminal, screen } = start(8, 3)
  for (let frame = 0; frame < 2; frame++) screen.show(['123456789', '12345678', '3', '4'])
  expect(await terminal.lines()).toEqual(['12345678', '12345678', '3'])
})

test('a terminal that does not know its size is taken for one of 80 columns', async () => {
  const { terminal, screen } = start(80, 24)
  Object.assign(terminal.stream, { columns: 0, rows: 0 })
  screen.show(['x'.repeat(100)])
  expect(await terminal.lines()).toEqual(['x'.repeat(80)])
})

test.each([
  [44, 10],
  [100, 4],
  [20, 3],
  [120, 30],
])(
  'resized to %d columns and %d rows, a terminal shows no line of the frame before',
  async (columns, rows) => {
    const { terminal, screen } = start(80, 10)
    const frame = (word: string) => [1, 2, 3].map((line) => `${word} ${line} `.padEnd(75, '.'))
    screen.show([...frame('old'), 'old', 'old'])
    await terminal.lines()
    terminal.resize(columns, rows)
    screen.show(frame('new'))
    expect(await terminal.lines()).toEqual(frame('new').map((line) => line.slice(0, columns)))
  },
)
