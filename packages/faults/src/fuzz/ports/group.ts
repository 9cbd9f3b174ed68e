import { ConnectionBroker } from '@pglease/broker'
import type { Group, Target } from '../target.js'
import { attachedTarget } from './attached-target.js'
import { executorTarget } from './executor-target.js'
import { Innocents } from './innocents.js'
import { SCRIPTS, type ScriptKind } from './scripts.js'

export const ports: Group = {
  name: 'ports',
  about: 'every port of the main thread, with forged, reordered and repeated frames',
  async open(world) {
    const { connectionString } = world
    const broker = new ConnectionBroker({
      databases: {
        default: { connectionString, max: 4, cancelTimeoutMillis: 200, connectionTimeoutMillis: 10_000 },
        // One with TLS lets threads ask the main thread to stand still.
        secure: { connectionString, max: 1, ssl: { rejectUnauthorized: false } },
      },
    })
    const innocents = new Innocents(broker)
    const targets = (Object.keys(SCRIPTS) as ScriptKind[]).map((kind) =>
      kind === 'task-ports'
        ? executorTarget(kind, broker, innocents, world)
        : attachedTarget(kind, broker, innocents, world),
    )
    const last: Target = targets.at(-1)!
    const closeLast = last.close
    last.close = async () => {
      await closeLast()
      await innocents.close()
      await broker.close()
    }
    return targets
  },
}
