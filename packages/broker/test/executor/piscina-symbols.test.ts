import * as piscina from 'piscina'
import { expect, test } from 'vitest'
import * as symbols from '../../src/executor/piscina-symbols.js'

test("the symbols are Piscina's", () => {
  const { queueOptionsSymbol, transferableSymbol, valueSymbol } = piscina
  expect({ ...symbols }).toEqual({ queueOptionsSymbol, transferableSymbol, valueSymbol })
})
