import { CommandProcess, type Ended } from '../../../commands/test/support/command-process.js'

const MAIN = new URL('../../dist/main.js', import.meta.url)

/** A run of the demo on a server of its own, unless the arguments or the environment name one. */
export class DemoProcess extends CommandProcess {
  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    super(MAIN, args, { DATABASE_URL: '', ...env })
  }
}

/** Runs the demo to its end. */
export const runDemo = (args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> =>
  new DemoProcess(args, env).ended
