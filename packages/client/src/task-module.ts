import { UnknownTaskError } from './errors.js'

type Task = (input: unknown, context: unknown) => unknown

const tasks = new Map<string, Task>()

/** The exported function `name` of the module; loaded once per thread. ESM and CommonJS, as Piscina takes them. */
export async function loadTask(filename: string, name: string): Promise<Task> {
  const key = `${filename}\n${name}`
  let task = tasks.get(key)
  if (task === undefined) {
    task = pick(await load(filename), name)
    if (task === undefined) {
      throw new UnknownTaskError(`The task module ${filename} exports no function "${name}".`, {
        value: name,
      })
    }
    tasks.set(key, task)
  }
  return task
}

async function load(filename: string): Promise<Record<string, unknown>> {
  try {
    return await import(filename)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UnknownTaskError(`The task module ${filename} cannot be loaded: ${why}`, {
      value: filename,
      cause,
    })
  }
}

/** A CommonJS module's exports are the default export of its namespace. */
function pick(module: Record<string, unknown>, name: string): Task | undefined {
  const inner = module.default as Record<string, unknown> | undefined
  return [module[name], inner?.[name]].find((each) => typeof each === 'function') as Task | undefined
}
