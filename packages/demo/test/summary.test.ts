import { expect, test } from 'vitest'
import { printSummary } from '../src/summary.js'

const SUMMARY = {
  countries: 246,
  cities: 135_233,
  tasks: 246,
  failed: 0,
  threads: 16,
  maxConnections: 2,
  peakConnections: 2,
  leakedConnections: 0,
  verified: true,
  kmBefore: 12_345_678,
  kmAfter: 9_876_543,
  seconds: 21.5,
}

test('a note stands beside its value', () => {
  const lines = printSummary(SUMMARY).split('\n')
  expect(lines[0]).toBe('countries                    246')
  expect(lines[2]).toBe('kilometres before     12,345,678  (along a space-filling curve)')
  expect(printSummary(SUMMARY, 120).split('\n')).toEqual(lines)
})

test('on a narrow terminal the notes that do not fit stand below, and no word is broken', () => {
  const lines = printSummary(SUMMARY, 44).split('\n')
  expect(lines.slice(2, 4)).toEqual(['kilometres before     12,345,678', '  (along a space-filling curve)'])
  for (const columns of [44, 32, 20]) {
    const printed = printSummary(SUMMARY, columns)
    for (const line of printed.split('\n')) expect(line.length).toBeLessThanOrEqual(columns)
    expect(printed.split(/\s+/)).toEqual(printSummary(SUMMARY).split(/\s+/))
  }
})
