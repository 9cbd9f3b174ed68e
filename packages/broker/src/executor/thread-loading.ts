import { Worker } from 'node:worker_threads'

/** A thread that has not loaded its modules after this is ended nevertheless. */
const LOADING_MILLIS = 10_000

/**
 * Puts off a thread's end, whoever ends it, until it has loaded its modules: Node before 24 aborts the process when a
 * thread is ended while `require` links an ES module there, with
 * `v8::Module::IsGraphAsync must be used on an instantiated module`.
 * @returns to be called when it has loaded them.
 */
export function endWhenLoaded(thread: Worker): () => void {
  let goOn!: () => void
  const loading = new Promise<void>((resolve) => {
    goOn = resolve
  })
  thread.terminate = async () => {
    const bound = setTimeout(goOn, LOADING_MILLIS)
    await loading
    clearTimeout(bound)
    return Worker.prototype.terminate.call(thread)
  }
  const loaded = () => {
    Reflect.deleteProperty(thread, 'terminate')
    goOn()
  }
  thread.once('exit', loaded)
  return loaded
}
