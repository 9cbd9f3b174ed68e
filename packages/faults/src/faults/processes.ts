import type { Random } from '../common/random.js'
import type { Act } from '../subject/messages.js'
import type { Fault } from './fault.js'

function ofProcess(
  name: string,
  { weight, length, costs }: Pick<Fault, 'weight' | 'length' | 'costs'>,
  act: (random: Random) => Act,
): Fault {
  return {
    name,
    group: 'threads',
    weight,
    length,
    costs,
    async strike({ subject }, random) {
      await subject.act(act(random))
      return 'struck'
    },
  }
}

const ALL = Number.POSITIVE_INFINITY
const CLOSED = { weight: 1, length: 'long', costs: { closed: ALL, revoked: ALL } } as const

export const processFaults: readonly Fault[] = [
  ofProcess('main thread blocked', { weight: 1, length: 'quick', costs: {} }, (random) => ({
    act: 'block',
    millis: random.chance(0.03) ? random.between(300, 1500) : random.between(5, 50),
  })),
  ofProcess('connections recycled', { weight: 2, length: 'quick', costs: {} }, () => ({
    act: 'recycle',
    force: false,
  })),
  ofProcess('connections recycled by force', { weight: 1, length: 'quick', costs: { revoked: ALL } }, () => ({
    act: 'recycle',
    force: true,
  })),
  ofProcess('pool paused', { weight: 1, length: 'quick', costs: {} }, (random) => ({
    act: 'pause',
    millis: random.between(0, 30),
  })),
  ofProcess('pool shrunk for a while', { weight: 1, length: 'quick', costs: {} }, (random) => ({
    act: 'shrink',
    millis: random.between(0, 30),
  })),
  ofProcess('worker terminated', { weight: 0.1, length: 'quick', costs: {} }, (random) => ({
    act: 'terminate worker',
    which: random.below(1000),
  })),
  ofProcess('garbage collected', { weight: 0.5, length: 'quick', costs: {} }, () => ({
    act: 'collect garbage',
  })),
  ofProcess('broker closed under load', CLOSED, (random) => ({
    act: 'close',
    first: 'broker',
    timeoutMillis: random.pick([0, 20, 200]),
  })),
  ofProcess('executor closed under load', CLOSED, (random) => ({
    act: 'close',
    first: 'executor',
    timeoutMillis: random.pick([0, 20, 200]),
  })),
]
