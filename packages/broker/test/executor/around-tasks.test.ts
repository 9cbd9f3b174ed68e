import { afterEach, expect, test } from 'vitest'
import { channels } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'

type Tasks = typeof import('../tasks/around.js')

const database = await createTestDatabase()
const lending = new Lending(database)

const ends: (() => void)[] = []

afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** Has each task carry this, as a subscriber would. */
function carry(given: Record<string, unknown>) {
  const write = ({ carrier }: { carrier: object }) => void Object.assign(carrier, given)
  channels.taskQueued.subscribe(write)
  ends.push(() => channels.taskQueued.unsubscribe(write))
}

const start = () => lending.executor<Tasks>(lending.broker(), 'around.js')

test('a task begins within what was given around it, and has with it what a subscriber gave it to carry', async () => {
  carry({ traceparent: '00-1-2-03' })
  const executor = start()
  for (let time = 0; time < 2; time++)
    expect(await executor.run(undefined, { name: 'tells' })).toEqual({
      about: { task: 'tells', carrier: { traceparent: '00-1-2-03' } },
      order: ['outer', 'inner'],
    })
})

test('each task has what was given it within its own call, also those that were sent ahead', async () => {
  let calls = 0
  const write = ({ carrier }: { carrier: Record<string, string> }) => {
    carrier.call = String(calls++)
  }
  channels.taskQueued.subscribe(write)
  ends.push(() => channels.taskQueued.unsubscribe(write))
  const executor = start()
  const told = await Promise.all([0, 1, 2, 3].map(() => executor.run(undefined, { name: 'tells' })))
  expect(told.map(({ about }) => (about as { carrier: { call: string } }).carrier.call)).toEqual([
    '0',
    '1',
    '2',
    '3',
  ])
})

test('what is no text is not carried, and a task without anything has an empty carrier', async () => {
  carry({ port: () => {}, number: 7, symbol: Symbol('x') })
  expect(await start().run(undefined, { name: 'tells' })).toMatchObject({ about: { carrier: {} } })
})

test('what a wrapper throws is what its task rejects with, and the thread goes on', async () => {
  carry({ refuse: 'Not now' })
  const executor = start()
  await expect(executor.run(undefined, { name: 'tells' })).rejects.toThrow('Not now')
  for (const end of ends.splice(0)) end()
  expect(await executor.run(undefined, { name: 'tells' })).toMatchObject({ about: { task: 'tells' } })
})

test('a wrapper that has ended is around no task any more', async () => {
  const executor = start()
  await executor.run(undefined, { name: 'endsInner' })
  expect(await executor.run(undefined, { name: 'tells' })).toMatchObject({ order: ['outer'] })
})
