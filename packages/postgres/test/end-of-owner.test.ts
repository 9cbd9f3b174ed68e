import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../../broker/test/support/until.js'

const OWNER = new URL('./owners/owner.js', import.meta.url)

/** The only place for the servers' files, so that it shows what they leave. */
let temporary: string
let owner: ChildProcess

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'owner-'))
  // When we are root, the server runs as somebody else.
  chmodSync(temporary, 0o711)
})
afterEach(() => {
  owner.kill('SIGKILL')
  rmSync(temporary, { recursive: true, force: true })
})

function startOwner(way: 'exit' | 'throw' | 'finish' | 'wait'): void {
  const env = { ...process.env, TMPDIR: temporary, TEMP: temporary }
  owner = fork(OWNER, [way], { env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
}

/** The files of the server that start with a name, in the server's folder or below. */
const files = (name: string) =>
  readdirSync(temporary, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith(name))

async function expectNothingLeft(): Promise<void> {
  await until(() => readdirSync(temporary).length === 0, 'for the server to remove its files')
}

describe('the server and its files go when the process that started it', () => {
  test.each(['exit', 'throw', 'finish'] as const)('ends by %s', async (way) => {
    startOwner(way)
    const [{ processId }] = await once(owner, 'message')
    await expectNothingLeft()
    expect(() => process.kill(processId, 0)).toThrow('ESRCH')
  })

  test.skipIf(process.platform === 'win32')('is killed', async () => {
    startOwner('wait')
    const [{ processId }] = await once(owner, 'message')
    owner.kill('SIGKILL')
    await expectNothingLeft()
    expect(() => process.kill(processId, 0)).toThrow('ESRCH')
  })

  test.each(['server.log', 'PG_VERSION', 'postmaster.pid'])(
    'is killed during the start, with %s written',
    async (name) => {
      startOwner('wait')
      await until(() => files(name).length > 0, `for ${name}`)
      owner.kill('SIGKILL')
      await expectNothingLeft()
    },
  )
})
