import { ConfigurationError } from '@pglease/client'
import { expect, test } from 'vitest'
import { mustBeNode } from '../../src/common/runtime.js'

/** As the runtimes give it: each has the version of the Node that it resembles, too. */
const OTHERS = [
  { shown: 'Bun 1.4.5', versions: { node: '24.3.0', v8: '13.6.233', bun: '1.4.5' } },
  { shown: 'Deno 2.9.6', versions: { node: '26.3.0', v8: '15.0.245', deno: '2.9.6' } },
]

test.each(OTHERS)('$shown is told at once that pglease needs Node.js', ({ shown, versions }) => {
  const told = () => mustBeNode(versions)
  expect(told).toThrow(ConfigurationError)
  expect(told).toThrow(`pglease needs Node.js, 20.19 or later, and this is ${shown},`)
})

test('Node.js is told nothing', () => {
  mustBeNode()
})
