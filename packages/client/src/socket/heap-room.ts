import { resourceLimits } from 'node:worker_threads'

/** Nine times of what koffi takes while it is loaded. */
const NEEDED_BYTES = 8 * 2 ** 20

/**
 * Whether this thread can load native code without coming to the limit of its heap meanwhile: a thread that V8 ends while koffi
 * is loaded takes the process along.
 */
export function hasHeapRoom(): boolean {
  // Not imported: to load it takes 2 to 5 ms, and only threads that speak TLS come here.
  const { used_heap_size, heap_size_limit } = process.getBuiltinModule('node:v8').getHeapStatistics()
  // V8 ends a thread by the size of its old objects; its own limit counts the young ones too.
  const { maxOldGenerationSizeMb = 0 } = resourceLimits
  const limit = maxOldGenerationSizeMb > 0 ? maxOldGenerationSizeMb * 2 ** 20 : heap_size_limit
  return limit - used_heap_size >= NEEDED_BYTES
}
