/** Tasks that tell which thread runs them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { threadId } from 'node:worker_threads'

export async function here(millis) {
  await sleep(millis)
  return threadId
}
