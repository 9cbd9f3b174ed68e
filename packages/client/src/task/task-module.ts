import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { UnknownTaskError } from '../common/errors.js'
import { described } from '../common/values.js'

type Task = (input: unknown, context: unknown) => unknown

const tasks = new Map<string, Task>()

/** The exported function `name` of the module; loaded once per thread. ESM and CommonJS, as Piscina takes them. */
export async function loadTask(filename: string, name: string): Promise<Task> {
  const key = `${filename}\n${name}`
  let task = tasks.get(key)
  if (task === undefined) {
    const module = await load(filename)
    task = await pick(module, name)
    if (task === undefined) {
      const message = `The task module ${filename} exports no function "${name}". ${exportsOf(module)}`
      throw new UnknownTaskError(message, { value: name })
    }
    tasks.set(key, task)
  }
  return task
}

async function load(filename: string): Promise<object> {
  try {
    return await import(/* webpackIgnore: true */ filename)
  } catch (cause) {
    const required = isUnknownType(cause) ? requireFile(filename) : undefined
    if (required !== undefined) return required
    throw new UnknownTaskError(`The task module ${filename} cannot be loaded: ${described(cause)}`, {
      value: filename,
      cause,
    })
  }
}

function isUnknownType(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'ERR_UNKNOWN_FILE_EXTENSION'
}

/** What only `require` has been taught to load: in threads of Node 20 that is how tsx loads TypeScript. */
function requireFile(filename: string): object | undefined {
  try {
    return createRequire(filename)(filename.startsWith('file:') ? fileURLToPath(filename) : filename)
  } catch {
    return undefined
  }
}

/**
 * A CommonJS module's exports are the default export of its namespace. As of Piscina, what is exported may be a promise
 * of the function.
 */
async function pick(module: object, name: string): Promise<Task | undefined> {
  const exported = [await own(module, name), await own(await own(module, 'default'), name)]
  return exported.find((each) => typeof each === 'function') as Task | undefined
}

/** More than this nobody reads. */
const MOST_NAMES = 20

/** For the error of who has named none of them, or none at all. */
function exportsOf(module: object): string {
  const found = [module, Object(own(module, 'default'))].flatMap((exports) =>
    Object.entries(Object.getOwnPropertyDescriptors(exports)).filter(
      ([key, { value, enumerable }]) => typeof value === 'function' && enumerable && key !== 'module.exports',
    ),
  )
  const names = [...new Set(found.map(([key]) => key))]
  const [shown, more] = [names.slice(0, MOST_NAMES).join(', '), names.length > MOST_NAMES ? ', …' : '']
  return names.length === 0
    ? 'It exports no function at all.'
    : `Name one that it does, by the option \`name\`: ${shown}${more}.`
}

/** Not what every object has: `constructor` of a function would run its input as code. */
function own(exports: unknown, name: string): unknown {
  return Object.hasOwn(Object(exports), name) ? (exports as Record<string, unknown>)[name] : undefined
}
