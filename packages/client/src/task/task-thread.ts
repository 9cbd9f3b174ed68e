/** The module that the executor's threads run. Internal: the executor alone speaks with it. */
import { serveTasks } from './serve-tasks.js'

/** `nothing` runs in a thread that is started for no task in particular. */
export const { runTask, nothing } = serveTasks()
