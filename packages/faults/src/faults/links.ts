import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../common/random.js'
import type { Link } from '../proxy/link.js'
import { type Manner, PASS } from '../proxy/stretch.js'
import type { Fault } from './fault.js'

/** Until there is a connection to strike. */
const LOOKS = 20
const LOOK_MILLIS = 10

const HOLD: Manner = { is: 'hold' }

/** A fault of one connection's network. */
function ofLink(
  name: string,
  costs: Fault['costs'],
  strike: (link: Link, random: Random) => Promise<void> | void,
): Fault {
  return {
    name,
    group: 'network',
    weight: 2,
    length: 'quick',
    costs,
    async strike({ proxy }, random) {
      for (let look = 0; look < LOOKS; look++) {
        const links = proxy.links.filter(({ isCancel, isClientOpen }) => !isCancel && isClientOpen)
        if (links.length > 0) {
          await strike(random.pick(links), random)
          return 'struck'
        }
        await sleep(LOOK_MILLIS)
      }
      return 'missed'
    },
  }
}

const ONE = { lost: 1, unreachable: Number.POSITIVE_INFINITY }

export const linkFaults: readonly Fault[] = [
  ofLink('connection cut', ONE, (link) => link.cut()),
  ofLink('connection cut in an answer', ONE, (link, random) => {
    link.toClient.manner = { is: 'cut', after: 1 + random.below(300) }
  }),
  ofLink('connection cut in a request', ONE, (link, random) => {
    link.toServer.manner = { is: 'cut', after: 1 + random.below(100) }
  }),
  ofLink('connection half-closed by the server', ONE, (link) => link.halfClose('client')),
  // In the middle of a message of its login a server takes that for a wrong password, and says so: to all who wait.
  ofLink('connection half-closed to the server', { ...ONE, refused: Number.POSITIVE_INFINITY }, (link) =>
    link.halfClose('server'),
  ),
  ofLink('connection loses what it carries', ONE, async (link, random) => {
    link.toServer.manner = { is: 'swallow' }
    link.toClient.manner = { is: 'swallow' }
    await sleep(random.between(20, 200))
    link.heal()
  }),
  // What only takes its time costs nobody anything.
  ofLink('connection silent for a while', {}, async (link, random) => {
    link.toServer.manner = HOLD
    link.toClient.manner = HOLD
    await sleep(random.between(10, 200))
    link.heal()
  }),
  ofLink('connection trickles', {}, async (link, random) => {
    const manner: Manner = { is: 'trickle', bytes: 1 + random.below(60) }
    link.toServer.manner = manner
    link.toClient.manner = manner
    await sleep(random.between(20, 200))
    link.heal()
  }),
]

/** The whole network, for a while. */
function ofNetwork(
  name: string,
  costs: Fault['costs'],
  strike: (world: Parameters<Fault['strike']>[0], random: Random) => Promise<void>,
): Fault {
  return {
    name,
    group: 'network',
    weight: 1,
    length: 'long',
    costs,
    async strike(world, random) {
      await strike(world, random)
      await world.proxy.heal()
      return 'struck'
    },
  }
}

const EVERYBODY = { lost: Number.POSITIVE_INFINITY, unreachable: Number.POSITIVE_INFINITY }

export const networkFaults: readonly Fault[] = [
  ofNetwork('network refuses', EVERYBODY, async ({ proxy }, random) => {
    proxy.refuse()
    for (const link of proxy.links) if (random.chance(0.5)) link.cut()
    await sleep(random.between(50, 800))
  }),
  ofNetwork('network accepts and closes', EVERYBODY, async ({ proxy }, random) => {
    proxy.welcome({ isSlammed: true })
    for (const link of proxy.links) if (random.chance(0.5)) link.cut()
    await sleep(random.between(50, 800))
  }),
  ofNetwork('network silent for a while', {}, async ({ proxy }, random) => {
    proxy.welcome({ toServer: HOLD, toClient: HOLD })
    for (const link of proxy.links)
      for (const stretch of [link.toServer, link.toClient]) stretch.manner = HOLD
    await sleep(random.between(50, 400))
  }),
  ofNetwork('network loses what it carries', EVERYBODY, async ({ proxy }, random) => {
    const lose: Manner = { is: 'swallow' }
    proxy.welcome({ toServer: lose, toClient: lose })
    for (const link of proxy.links)
      for (const stretch of [link.toServer, link.toClient]) stretch.manner = lose
    await sleep(random.between(50, 800))
  }),
  ofNetwork('newcomers trickle', {}, async ({ proxy }, random) => {
    const manner: Manner = { is: 'trickle', bytes: 5 + random.below(20) }
    proxy.welcome({ toServer: manner, toClient: manner })
    await sleep(random.between(50, 800))
  }),
  ofNetwork('newcomers are cut off', EVERYBODY, async ({ proxy }, random) => {
    proxy.welcome({ toClient: { is: 'cut', after: random.below(2000) } })
    for (const link of proxy.links) if (random.chance(0.5)) link.cut()
    await sleep(random.between(50, 800))
  }),
  ofNetwork('cancels delayed', {}, async ({ proxy }, random) => {
    proxy.welcome({ delayMillis: random.between(10, 400), toServer: PASS })
    await sleep(random.between(200, 1000))
  }),
]
