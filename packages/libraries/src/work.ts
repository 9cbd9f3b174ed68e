/** What each library does in a task, and is expected to see. */
export interface Work {
  /** How many rows it has inserted: three. */
  inserted: number
  /** The names that it reads back, in order. */
  names: string[]
  /** The first name after a transaction that has committed a new one. */
  committed: string
  /** How many rows there are after a transaction that has deleted them and failed. */
  rolledBack: number
  /** The class of the error of an insert that breaks the primary key, and its code: mostly the SQLSTATE. */
  failure: string
  /** How many rows came by a stream, where the library has that. */
  streamed?: number
}

export interface City {
  id: number
  task: number
  name: string
}

/** The rows of a task, which no other has. */
export function citiesOf(task: number): City[] {
  return [1, 2, 3].map((each) => ({ id: task * 10 + each, task, name: `city ${each}` }))
}

/** The error that a transaction of the tests fails with. */
export class Rollback extends Error {}

interface Failure extends Error {
  code?: string
  cause?: Failure
  /** Sequelize's name for the cause. */
  parent?: Failure
  /** Objection's. */
  nativeError?: Failure
}

/** How a call that is to fail did: the class of its error and its code, also where that is the cause's. */
export async function failureOf(call: PromiseLike<unknown>): Promise<string> {
  try {
    await call
  } catch (error) {
    const { code, cause, parent, nativeError } = error as Failure
    return `${(error as Failure).constructor.name} ${code ?? (cause ?? parent ?? nativeError)?.code}`
  }
  return 'no failure'
}

/** Runs a transaction that is to fail by its own doing. */
export async function rollsBack(transaction: PromiseLike<unknown>): Promise<void> {
  try {
    await transaction
  } catch (error) {
    if (error instanceof Rollback) return
    throw error
  }
  throw new Error('The transaction did not fail')
}
