import { randomUUID } from 'node:crypto'
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'

const KEY = '@pglease/token'

/**
 * What the library's own messages from a thread to its parent carry, so that nothing that the user's code posts can be taken
 * for one of them: a random text, which each thread inherits when it is started.
 */
export function threadToken(): string | undefined {
  const token = getEnvironmentData(KEY)
  return typeof token === 'string' ? token : undefined
}

/** Gives this thread and those that it starts from here on a token, unless it has one. */
export function makeThreadToken(): void {
  if (threadToken() === undefined) setEnvironmentData(KEY, randomUUID())
}

/** Whether it is one of the library's own. @param message as it came over a port: to read it calls no code. */
export function bearsToken(message: unknown): boolean {
  if (typeof message !== 'object' || message === null || !Object.hasOwn(message, 'token')) return false
  const { token } = message as { token: unknown }
  return typeof token === 'string' && token === threadToken()
}
