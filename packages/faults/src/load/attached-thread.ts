/** A plain worker thread, attached to the broker, that does what it is told; several tasks at a time. */
import { parentPort } from 'node:worker_threads'
import { withConnection } from '@pglease/client'
import { toWire } from '@pglease/client/internal'
import { perform } from './perform.js'
import type { Done, Plan } from './plan.js'
import { Progress } from './progress.js'
import type { TaskRequest } from './tasks.js'

export type AttachedAnswer =
  | { readonly id: number; readonly done: Done }
  | { readonly id: number; readonly error: ReturnType<typeof toWire> }
  | { readonly end: number }

const SOON_MILLIS = 10

parentPort!.on('message', ({ plan, memory }: TaskRequest) => void answer(plan, new Progress(memory)))

async function answer(plan: Plan, progress: Progress): Promise<void> {
  const { id } = plan
  const stop = new AbortController()
  const abort = () => stop.abort(new DOMException('Aborted on purpose', 'AbortError'))
  const { signal } = stop
  try {
    const done = await perform(
      plan,
      progress,
      (work, options) => withConnection(work, { ...options, signal }),
      {
        askForAbort: (how) => void (how === 'now' ? abort() : setTimeout(abort, id % SOON_MILLIS)),
        throwIfAborted: () => signal.throwIfAborted(),
        askForEnd: () => tell({ end: id }),
      },
    )
    tell({ id, done })
  } catch (error) {
    tell({ id, error: toWire(error) })
  }
}

function tell(message: AttachedAnswer): void {
  parentPort!.postMessage(message)
}
