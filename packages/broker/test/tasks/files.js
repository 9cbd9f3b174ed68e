import { open } from 'node:fs/promises'
import { parentPort } from 'node:worker_threads'
import { move } from 'piscina'

/** Moves an open file, but not before its caller has aborted. */
export async function returnsFileLate(path, { signal }) {
  const file = await open(path)
  parentPort.postMessage('opened')
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
  return move(file)
}

export async function postsFile(path) {
  const file = await open(path)
  parentPort.postMessage({ file }, [file])
}

export async function returnsFile(path) {
  return move(await open(path))
}
