import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A run of the demo in a process and a folder of its own. */
export class DemoProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'pglease-demo-test-'))
  readonly ended: Promise<Ended>
  readonly #process: ChildProcess
  stdout = ''
  stderr = ''

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#process = spawn(process.execPath, [MAIN, ...args], {
      cwd: this.folder,
      env: { ...process.env, DATABASE_URL: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process.stdout!.setEncoding('utf8').on('data', (text) => {
      this.stdout += text
    })
    this.#process.stderr!.setEncoding('utf8').on('data', (text) => {
      this.stderr += text
    })
    this.ended = new Promise((resolve, reject) => {
      this.#process.once('error', reject)
      this.#process.once('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }))
    })
    onTestFinished(() => {
      this.#process.kill('SIGKILL')
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.#process.kill('SIGINT')
  }
}

/** Runs the demo to its end. */
export const runDemo = (args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> =>
  new DemoProcess(args, env).ended
