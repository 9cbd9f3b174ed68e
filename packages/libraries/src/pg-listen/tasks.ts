import { type EventEmitter, once } from 'node:events'
import { subscribe } from './database.js'

/** What comes from a channel that it tells something itself. */
export async function hear(task: number): Promise<unknown> {
  const subscriber = subscribe()
  const channel = `channel_${task}`
  await subscriber.connect()
  try {
    await subscriber.listenTo(channel)
    const heard = once(subscriber.notifications as unknown as EventEmitter, channel)
    await subscriber.notify(channel, { task })
    return (await heard)[0]
  } finally {
    await subscriber.close()
  }
}
