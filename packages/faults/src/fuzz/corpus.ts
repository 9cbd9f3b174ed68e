import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../../corpus/', import.meta.url))

/** The cases that are kept of a target, each in a JSON file of its own: they have once found something. */
export function keptCases<T>(target: string): T[] {
  const folder = `${FOLDER}${target}`
  return filesIn(folder).map((file) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as T)
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
