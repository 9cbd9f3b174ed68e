import { afterEach } from 'vitest'
import { channels, type TypedChannel } from '../../src/index.js'

export type ChannelName = keyof typeof channels

/** What was published, in its order. */
export type Heard = [name: ChannelName, message: Record<string, unknown>][]

const ends: (() => void)[] = []

/** Listens to these channels until the end of the test. To be made ready by `hearNothingMore`. */
export function hear(...names: ChannelName[]): Heard {
  const heard: Heard = []
  for (const name of names) {
    const channel = channels[name] as TypedChannel<object>
    const listener = (message: object) => void heard.push([name, { ...message }])
    channel.subscribe(listener)
    ends.push(() => channel.unsubscribe(listener))
  }
  return heard
}

/** Ends what `hear` has begun, after each test of a file. */
export function hearNothingMore(): void {
  afterEach(() => {
    for (const end of ends.splice(0)) end()
  })
}

export const LEASES = [
  'leaseRequested',
  'leaseGranted',
  'leaseRefused',
  'leaseWithdrawn',
  'leaseReleased',
  'leaseRevoked',
  'leaseLost',
] as const satisfies ChannelName[]
