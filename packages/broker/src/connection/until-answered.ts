import type { ServerConnection } from './server-connection.js'

/** What there is to say after something has arrived. */
export type Answered = 'not yet' | 'done' | Error

/**
 * Waits, as the connection's user, until what has been sent is answered.
 * @param look asked whenever something has arrived, and given that.
 * @throws Error the one that `look` returns, when the time is over, or when the connection is lost.
 */
export function untilAnswered(
  connection: ServerConnection,
  timeoutMillis: number,
  late: string,
  look: (chunk: Buffer) => Answered,
): Promise<void> {
  return new Promise((resolve, reject) => {
    // Who waits for the answer keeps the process alive; a user who has taken over no longer wants this one.
    const timer = setTimeout(() => reject(new Error(late)), timeoutMillis).unref()
    const settle = (answer: 'done' | Error) => {
      clearTimeout(timer)
      if (answer === 'done') resolve()
      else reject(answer)
    }
    connection.use({
      received: (chunk) => {
        const answer = look(chunk)
        if (answer !== 'not yet') settle(answer)
      },
      drained: () => {},
      lost: settle,
    })
  })
}
