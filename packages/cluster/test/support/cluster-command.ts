import { CommandProcess, type Ended } from '../../../commands/test/support/command-process.js'

const MAIN = new URL('../../dist/main.js', import.meta.url)

/** A run on a server of its own, unless the arguments name one. */
export class ClusterCommand extends CommandProcess {
  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    super(MAIN, args, { DATABASE_URL: '', ...env })
  }
}

/** Runs it to its end. */
export const runCluster = (args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> =>
  new ClusterCommand(args, env).ended
