import type { EventEmitter } from 'node:events'

/**
 * Emits an event. What a listener throws is the program's to hear of, as of any event, but none of the affair of what tells.
 * @returns whether anybody listens
 */
export function tell(emitter: EventEmitter, event: string, value: unknown): boolean {
  try {
    return emitter.emit(event, value)
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
    return true
  }
}
