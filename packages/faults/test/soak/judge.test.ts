import { describe, expect, test } from 'vitest'
import { judge } from '../../src/soak/judge.js'
import type { Resources } from '../../src/subject/resources.js'

/** Samples of a heap, with all else as it is. */
function samplesOf(heap: readonly number[], more: Partial<Resources> = {}): Resources[] {
  const rest = {
    externalMebibytes: 3,
    residentMebibytes: 200,
    descriptors: 90,
    threads: 45,
    ports: 100,
    kinds: {},
  }
  return heap.map((heapMebibytes) => ({ ...rest, ...more, heapMebibytes }))
}

const grown = (samples: Resources[]) =>
  judge(samples, 0.5)
    .filter(({ grows }) => grows)
    .map(({ measure }) => measure)

const minutes = Array.from({ length: 20 }, (_, at) => at)

describe('what is judged of a soak', () => {
  test('grows with every sample', () => {
    const samples = samplesOf(minutes.map((at) => 20 + at))
    expect(grown(samples)).toEqual(['heapMebibytes'])
    const [{ perMinute } = { perMinute: undefined }] = judge(samples, 0.5)
    expect(perMinute!.slope).toBeCloseTo(2)
  })

  test('does not grow once it is warm', () => {
    expect(grown(samplesOf(minutes.map((at) => (at < 5 ? 10 * at : 50))))).toEqual([])
  })

  test('does not grow where it goes up and down', () => {
    expect(grown(samplesOf(minutes.map((at) => 50 + 20 * (at % 2))))).toEqual([])
  })

  test('is left out where it cannot be read', () => {
    const verdicts = judge(samplesOf(minutes, { ports: Number.NaN }), 0.5)
    expect(verdicts.map(({ measure }) => measure)).not.toContain('ports')
  })

  test('is nothing of a soak that was too short', () => {
    expect(judge(samplesOf([1, 2, 3]), 0.5)).toEqual([])
  })
})
