import { until } from '../../../broker/test/support/until.js'
import { CommandProcess } from '../../../commands/test/support/command-process.js'

const MAIN = new URL('../../dist/pod/main.js', import.meta.url)

/** A member as a container has it. */
export class Pod extends CommandProcess {
  constructor(env: NodeJS.ProcessEnv) {
    super(MAIN, [], { PORT: '0', THREADS: '1', ...env })
  }

  /** The address of its probes. */
  async url(): Promise<string> {
    const port = await until(
      () => /Listening on port (\d+)/.exec(this.stdout)?.[1],
      () => `for a pod to listen: ${this.stderr}`,
      60_000,
    )
    return `http://127.0.0.1:${port}`
  }

  /** As an orchestrator does. */
  terminate(): void {
    process.kill(this.processId, 'SIGTERM')
  }
}
