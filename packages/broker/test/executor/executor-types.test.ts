import { describe, expect, expectTypeOf, test } from 'vitest'
import type { SettledTask, SharedPoolExecutor, TaskName } from '../../src/index.js'
import { createTestDatabase } from '../support/database.js'
import { Lending } from '../support/lending.js'

type Tasks = typeof import('../tasks/manners/typed.js')

const database = await createTestDatabase()
const lending = new Lending(database)

const start = () => lending.executor<Tasks>(lending.broker(), 'manners/typed.js')

describe('an executor that knows its task module', () => {
  test('has the names of its functions, and gives their results', async () => {
    expectTypeOf<TaskName<Tasks>>().toEqualTypeOf<'countCities' | 'doubles' | 'greets' | 'default'>()
    const executor = start()
    const counted = executor.run({ country: 'IT' }, { name: 'countCities' })
    expectTypeOf(counted).toEqualTypeOf<Promise<{ country: string; cities: number }>>()
    expect(await counted).toEqual({ country: 'IT', cities: 2 })
    const doubled = executor.run(4, { name: 'doubles' })
    expectTypeOf(doubled).toEqualTypeOf<Promise<number>>()
    expect(await doubled).toBe(8)
    expectTypeOf(executor.run(undefined, { name: 'greets' })).toEqualTypeOf<Promise<string>>()
  })

  test('runs the default function when none is named', async () => {
    const time = start().run(new Date(5))
    expectTypeOf(time).toEqualTypeOf<Promise<number>>()
    expect(await time).toBe(5)
  })

  test('maps with the types of the function that it names', async () => {
    const executor = start()
    for await (const counted of executor.map([{ country: 'IT' }], { name: 'countCities' })) {
      expectTypeOf(counted).toEqualTypeOf<{ country: string; cities: number }>()
    }
    for await (const time of executor.map([new Date(1)])) expectTypeOf(time).toEqualTypeOf<number>()
    for await (const settled of executor.mapSettled([4], { name: 'doubles' })) {
      expectTypeOf(settled).toEqualTypeOf<SettledTask<number>>()
      if (settled.status === 'fulfilled') expectTypeOf(settled.value).toEqualTypeOf<number>()
    }
  })

  test('knows what is reported', async () => {
    const seen: number[] = []
    await start().run(2, { name: 'doubles', onProgress: (step: number) => seen.push(step) })
    expect(seen).toEqual([])
  })

  test('takes no other name, payload or option', () => {
    /** Never called: only its types are looked at. */
    const _mistakes = (executor: SharedPoolExecutor<Tasks>) => [
      // @ts-expect-error no such task
      executor.run(1, { name: 'countCitys' }),
      // @ts-expect-error not a function
      executor.run(1, { name: 'LEVEL' }),
      // @ts-expect-error no such payload
      executor.run({ land: 'IT' }, { name: 'countCities' }),
      // @ts-expect-error no payload
      executor.run(undefined, { name: 'countCities' }),
      // @ts-expect-error the payload of another task
      executor.run('4', { name: 'doubles' }),
      // @ts-expect-error not the default's payload
      executor.run(4),
      // @ts-expect-error no such option
      executor.run(4, { name: 'doubles', priority: 3 }),
      // @ts-expect-error inputs of another task
      executor.map(['4'], { name: 'doubles' }),
      // @ts-expect-error inputs of another task
      executor.mapSettled(['4'], { name: 'doubles' }),
      // @ts-expect-error a name of no task
      executor.map([4], { name: 'triples' }),
      // @ts-expect-error not the default's inputs
      executor.map([4]),
    ]
    expectTypeOf(_mistakes).toBeFunction()
  })
})

test('an executor that knows no module takes any name and payload, and promises nothing', async () => {
  const executor: SharedPoolExecutor = lending.executor(lending.broker(), 'manners/typed.js')
  const doubled = executor.run(4, { name: 'doubles' })
  expectTypeOf(doubled).toEqualTypeOf<Promise<unknown>>()
  expect(await doubled).toBe(8)
  expectTypeOf(executor.run({ any: 'thing' }, { name: 'greets' }).catch(() => {})).not.toBeAny()
})
