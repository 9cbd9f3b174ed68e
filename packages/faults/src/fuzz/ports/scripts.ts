import fc from 'fast-check'
import type { Recipe } from '../recipe.js'
import { channelMessage, controlCall, leaseFrame, openFrame, parentMessage, taskMessage } from './frames.js'
import type { PortName, Script, Step } from './script.js'

const times = fc.oneof(
  { weight: 8, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.integer({ min: 2, max: 20 }) },
  { weight: 1, arbitrary: fc.constant(200) },
)

function posts(to: PortName | fc.Arbitrary<PortName>, value: fc.Arbitrary<Recipe>): fc.Arbitrary<Step> {
  const port = typeof to === 'object' ? to : fc.constant(to)
  // What is huge once would be too much for this machine many times.
  return fc.tuple(port, value, times).map(([name, post, count]) => ({
    to: name,
    post,
    times: isHuge(post) ? Math.min(count, 2) : count,
  }))
}

function isHuge(value: Recipe): boolean {
  return /"(times|length|levels|count)":\d{4}|"bytes":\d{6}|2000000/.test(JSON.stringify(value))
}

const waits: fc.Arbitrary<Step> = fc.constantFrom<Step>(
  { wait: 'a turn' },
  { wait: 'a frame' },
  { wait: 'a frame' },
)
const opens: fc.Arbitrary<Step> = fc.constantFrom<Step>(
  { open: 'lease' },
  { open: 'lease' },
  { open: 'lease without a cell' },
)
const writes: fc.Arbitrary<Step> = fc.record({
  write: fc.oneof(fc.integer(), fc.constantFrom(-1, 0, 1, 2, 3, 4, 8, 16, 2 ** 31 - 1, -(2 ** 31))),
  at: fc.integer({ min: -1, max: 12 }),
})
const closes: fc.Arbitrary<Step> = fc.constantFrom<Step>({ close: 'lease' }, { close: 'control' })

const steps = (...weighted: [number, fc.Arbitrary<Step>][]): fc.Arbitrary<Script> =>
  fc.array(fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary }))), {
    minLength: 1,
    maxLength: 12,
  })

/** Begins with a lease that is granted, as an honest thread's. */
const leased: Script = [{ open: 'lease' }, { to: 'lease', post: openFrame(1) }, { wait: 'a frame' }]

/** By the name of what they are mostly about. */
export const SCRIPTS = {
  'control-port': steps([8, posts('control', controlCall)], [1, waits], [1, opens], [1, closes]),
  'lease-port': steps(
    [8, posts('lease', leaseFrame)],
    [1, posts('leases', channelMessage)],
    [2, waits],
    [1, opens],
    [1, closes],
    [1, posts('lease', fc.constantFrom(openFrame(1), openFrame(2), openFrame(3)))],
  ).map((script) => [...leased, ...script]),
  'session-cell': steps(
    [6, writes],
    [4, posts('lease', leaseFrame)],
    [2, waits],
    [1, posts('lease', fc.constantFrom<Recipe>('release', openFrame(2)))],
  ).map((script) => [...leased, ...script]),
  'parent-port': steps([8, posts('parent', parentMessage)], [1, waits], [1, posts('control', controlCall)]),
  'task-ports': steps(
    [8, posts(fc.nat(9), fc.oneof(taskMessage, leaseFrame, controlCall, parentMessage))],
    [1, waits],
    [1, posts('parent', parentMessage)],
  ),
} as const satisfies Record<string, fc.Arbitrary<Script>>

export type ScriptKind = keyof typeof SCRIPTS
