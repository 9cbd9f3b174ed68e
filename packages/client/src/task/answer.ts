import { MessageChannel, receiveMessageOnPort, type TransferListItem } from 'node:worker_threads'
import { once } from '../common/once.js'
import { cloneError } from './uncloneable.js'

/** What `Piscina.move` wraps, as Piscina knows it: by two registered symbols, and one of its own. */
const TRANSFERABLE = Symbol.for('Piscina.transferable')
const VALUE = Symbol.for('Piscina.valueOf')
const MOVABLE = 'Piscina.kMovable'

interface Movable {
  [TRANSFERABLE]: TransferListItem | TransferListItem[]
  [VALUE]: unknown
}

/** What is posted to a closed port is serialised, and goes nowhere. */
const nowhere = once(() => {
  const { port1 } = new MessageChannel()
  port1.close()
  return port1
})

/** For what can be posted only once: it comes back, and can be posted again. */
const loop = once(() => new MessageChannel())

/**
 * A task's result in the form in which Piscina is to post it. One that cannot be posted would end the thread, and the other
 * tasks in it.
 * @throws DataCloneError that names the part which cannot be cloned.
 */
export function answerOf(result: unknown): unknown {
  if (Object(result) !== result && typeof result !== 'symbol') return result
  const mark = movableMark(result as object)
  try {
    if (mark !== undefined) return movedOnce(result as Movable, mark)
    nowhere().postMessage(result)
    return result
  } catch (error) {
    throw cloneError(error, mark === undefined ? result : (result as Movable)[VALUE], 'result')
  }
}

function movedOnce(movable: Movable, mark: symbol): object {
  const transferable = movable[TRANSFERABLE]
  const { port1, port2 } = loop()
  port1.postMessage([transferable, movable[VALUE]], [transferable].flat())
  const [moved, value] = receiveMessageOnPort(port2)!.message
  return { [TRANSFERABLE]: moved, [VALUE]: value, [mark]: true }
}

/** Piscina's own symbol, of what its `move` has made. */
function movableMark(result: object): symbol | undefined {
  if (typeof result !== 'object' || !(TRANSFERABLE in result && VALUE in result)) return undefined
  return Object.getOwnPropertySymbols(result).find(({ description }) => description === MOVABLE)
}
