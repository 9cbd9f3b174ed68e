import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { retried } from '../../src/common/retried.js'

const fails = () => Promise.reject(new Error('not yet'))

const options = (signal: AbortSignal) => ({ isRetryable: () => true, retries: 100, signal })

test('many that pause before another try have one listener at their signal, for which Node warns of no leak', async () => {
  const stop = new AbortController()
  const all = Array.from({ length: 20 }, () => retried(fails, options(stop.signal)))
  const over = Promise.allSettled(all)
  await turn()
  expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1)
  stop.abort('enough')
  const refused = { status: 'rejected', reason: 'enough' }
  expect(await over).toEqual(all.map(() => refused))
})
