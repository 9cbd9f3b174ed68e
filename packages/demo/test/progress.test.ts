import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { showProgress } from '../src/progress.js'

/** A stream that keeps what is written, as a terminal or not. */
function screen(terminal?: { rows: number; columns: number }) {
  const stream = new PassThrough({ encoding: 'utf8' })
  const output = Object.assign(
    stream,
    terminal && { isTTY: true, ...terminal },
  ) as unknown as NodeJS.WriteStream
  return { output, text: () => String(stream.read() ?? '') }
}

test('elsewhere than on a terminal it is plain lines', () => {
  const { output, text } = screen()
  const progress = showProgress(output)
  progress.note('Loading')
  progress.expect(4)
  const [italy, fiji] = [progress.start('IT Italy', 3), progress.start('FJ Fiji', 1)]
  italy.advance(0.5)
  fiji.finish('8 cities')
  italy.finish('9 cities')
  progress.close()
  expect(text()).toBe('Loading\n 25 %  FJ Fiji: 8 cities\n100 %  IT Italy: 9 cities\n')
})

test('on a terminal each running task has a bar, and the whole has one', () => {
  const { output, text } = screen({ rows: 24, columns: 100 })
  const progress = showProgress(output)
  progress.expect(4)
  const [italy, fiji] = [progress.start('IT Italy', 3), progress.start('FJ Fiji', 1)]
  progress.start('VA Vatican City', 0)
  italy.advance(0.5)
  fiji.advance(0)
  text()
  progress.note('All tours')
  const frame = text()
  expect(frame).toMatch(/All tours +█{11}░{17} +37 %\n/)
  expect(frame).toMatch(/IT Italy +█{14}░{14} +50 %\n/)
  expect(frame).toMatch(/FJ Fiji +░{28} +0 %\n/)
  expect(frame).not.toContain('Vatican')
  fiji.finish('')
  fiji.advance(1)
  progress.note('All tours')
  expect(text()).not.toContain('Fiji')
  progress.close()
})

test('the bars keep to the size of the terminal', () => {
  const { output, text } = screen({ rows: 4, columns: 30 })
  const progress = showProgress(output)
  progress.expect(10)
  for (let i = 0; i < 10; i++) progress.start(`${i}`, 1).advance(0.5)
  text()
  progress.note('All tours')
  const lines = text().split('\n').slice(0, -1)
  expect(lines).toHaveLength(3)
  for (const line of lines) expect(line.length).toBeLessThan(30)
  progress.close()
})
