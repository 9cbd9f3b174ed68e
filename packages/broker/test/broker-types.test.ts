import type { Worker } from 'node:worker_threads'
import { expectTypeOf, test } from 'vitest'
import { ConnectionBroker, type DatabaseStatistics, type SharedPoolExecutor } from '../src/index.js'
import { createTestDatabase } from './support/database.js'
import { Lending } from './support/lending.js'

const { connectionString } = await createTestDatabase()
const lending = new Lending(await createTestDatabase())

function start() {
  const broker = new ConnectionBroker({
    databases: { default: { connectionString }, replica: { connectionString } },
  })
  lending.closeAfterTest(() => broker.close())
  return broker
}

test('a broker knows the names of its databases', () => {
  const broker = start()
  expectTypeOf(broker.databases).toEqualTypeOf<readonly ('default' | 'replica')[]>()
  expectTypeOf(broker.stats().replica).toEqualTypeOf<DatabaseStatistics>()
  // @ts-expect-error there is none
  expectTypeOf(broker.stats().main).toBeAny()
})

test('and takes no others', () => {
  /** Never called: only its types are looked at. */
  const _mistakes = async (broker: ReturnType<typeof start>, worker: Worker) => {
    await broker.withConnection(() => {}, { database: 'replica', isolationLevel: 'serializable' })
    await broker.withTransaction(() => {}, { database: 'replica', retries: 1 })
    await broker.recycle('replica')
    await broker.recycle()
    broker.attach(worker, { databases: ['replica'] })
    // @ts-expect-error no such database
    await broker.withConnection(() => {}, { database: 'main' })
    // @ts-expect-error no such database
    await broker.withTransaction(() => {}, { database: 'main' })
    // @ts-expect-error no such database
    await broker.recycle('main')
    // @ts-expect-error no such database
    broker.attach(worker, { databases: ['main'] })
  }
  expectTypeOf(_mistakes).toBeFunction()
})

test('a broker of whatever databases takes any name, and stands for one that knows its own', () => {
  const databases: Record<string, { connectionString: string }> = { default: { connectionString } }
  const broker: ConnectionBroker = new ConnectionBroker({ databases })
  lending.closeAfterTest(() => broker.close())
  expectTypeOf(broker.stats().anything).toEqualTypeOf<DatabaseStatistics | undefined>()
  const known: ConnectionBroker = start()
  expectTypeOf<Parameters<typeof known.recycle>[0]>().toEqualTypeOf<string | undefined>()
  expectTypeOf<ReturnType<typeof start>>().toExtend<ConstructorParameters<typeof SharedPoolExecutor>[0]>()
})
