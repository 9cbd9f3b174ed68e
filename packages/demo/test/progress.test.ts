import { PassThrough } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { showProgress } from '../src/progress.js'
import { Terminal } from './support/terminal.js'

test('elsewhere than on a terminal it is plain lines', () => {
  const stream = new PassThrough({ encoding: 'utf8' })
  const progress = showProgress(stream as unknown as NodeJS.WriteStream)
  progress.note('Loading')
  progress.expect(4)
  const [italy, fiji] = [progress.start('IT Italy', 3), progress.start('FJ Fiji', 1)]
  italy.advance(0.5)
  fiji.finish('8 cities')
  italy.finish('9 cities')
  progress.close()
  expect(stream.read()).toBe('Loading\n 25 %  FJ Fiji: 8 cities\n100 %  IT Italy: 9 cities\n')
})

/** The bars' note is drawn at once, and everything else with it. */
function bars(columns: number, rows: number) {
  const terminal = new Terminal(columns, rows)
  const progress = showProgress(terminal.stream)
  onTestFinished(() => progress.close())
  const frame = () => {
    progress.note('All tours')
    return terminal.lines()
  }
  return { progress, frame }
}

test('on a terminal each running task has a bar, and the whole has one', async () => {
  const { progress, frame } = bars(100, 24)
  progress.expect(4)
  const [italy, fiji] = [progress.start('IT Italy', 3), progress.start('FJ Fiji', 1)]
  progress.start('VA Vatican City', 0)
  italy.advance(0.5)
  fiji.advance(0)
  expect(await frame()).toEqual([
    expect.stringMatching(/^ +\d+ s {2}All tours +█{11}░{17} +37 %$/),
    expect.stringMatching(/^ +IT Italy +█{14}░{14} +50 %$/),
    expect.stringMatching(/^ +FJ Fiji +░{28} +0 %$/),
  ])
  fiji.finish('')
  fiji.advance(1)
  expect((await frame()).join()).not.toContain('Fiji')
})

test('the bars are narrower on a narrow terminal, and as many as fit', async () => {
  const { progress, frame } = bars(44, 4)
  progress.expect(10)
  for (let i = 0; i < 10; i++) progress.start(`${i} Bosnia and Herzegovina`, 1).advance(0.5)
  const lines = await frame()
  expect(lines).toEqual([
    expect.stringMatching(/^ +\d+ s {2}All tours +█{8}░{7} +50 %$/),
    expect.stringMatching(/^ +0 Bosnia and H… █{8}░{7} +50 %$/),
    expect.stringMatching(/^ +1 Bosnia and H… █{8}░{7} +50 %$/),
    expect.stringMatching(/^ +2 Bosnia and H… █{8}░{7} +50 %$/),
  ])
})
