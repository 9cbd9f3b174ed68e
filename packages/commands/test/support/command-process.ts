import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from './temporary-folder.js'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A program in a process and a folder of its own. */
export class CommandProcess {
  readonly folder = temporaryFolder()
  readonly ended: Promise<Ended>
  readonly #process: ChildProcess
  stdout = ''
  stderr = ''

  get processId(): number {
    return this.#process.pid!
  }

  /** Reads no more of what it prints, as `head` does not. */
  stopReading(): void {
    this.#process.stdout!.destroy()
  }

  constructor(program: URL, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#process = spawn(process.execPath, [fileURLToPath(program), ...args], {
      cwd: this.folder,
      env: { ...process.env, ...env },
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
    onTestFinished(() => void this.#process.kill('SIGKILL'))
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.#process.kill('SIGINT')
  }
}
