import type { TypedChannel } from '@pglease/broker'

/** @returns what ends it. */
export function subscribe<Message>(
  channel: TypedChannel<Message>,
  listener: (message: Message) => void,
): () => void {
  const hear = (message: Message) => listener(message)
  channel.subscribe(hear)
  return () => void channel.unsubscribe(hear)
}
