import { readdirSync, readFileSync } from 'node:fs'

/** Of Linux on all of its platforms: `getconf CLK_TCK`. */
const TICKS_PER_SECOND = 100

/** The processor time of a server's living processes, in seconds (proc_pid_stat(5)). Undefined where there is no /proc. */
export function serverSeconds(processId: number): number | undefined {
  let ticks = 0
  try {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue
      const fields = statOf(name)
      if (fields === undefined || (Number(name) !== processId && Number(fields[1]) !== processId)) continue
      ticks += Number(fields[11]) + Number(fields[12])
    }
  } catch {
    return undefined
  }
  return ticks / TICKS_PER_SECOND
}

/** From its state on: before that is a name, which may have spaces. Undefined of one that has just ended. */
function statOf(name: string): string[] | undefined {
  try {
    return readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
  } catch {
    return undefined
  }
}
