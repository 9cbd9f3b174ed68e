import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { messageOf } from '@pglease/commands'
import type { Values } from './alternate.js'

/** What a program answers. */
type Answer = { values: Values } | { error: string }

/** Runs a program of the `programs` folder in a fresh process, where nothing else uses memory or is loaded already. */
export async function runProgram(name: string, input: object, execArgv: string[] = []): Promise<Values> {
  const child = fork(fileURLToPath(new URL(`../programs/${name}.js`, import.meta.url)), { execArgv })
  const ended = once(child, 'exit').then(([code]) => ({ error: `${name} ended with exit code ${code}` }))
  child.send(input)
  const answered = once(child, 'message').then(([answer]) => answer as Answer)
  const answer = await Promise.race([answered, ended])
  await ended
  if ('error' in answer) throw new Error(answer.error)
  return answer.values
}

/** The whole of such a program: what it does with its input. */
export function answerWith<Input>(work: (input: Input) => Promise<Values>): void {
  // Also when the benchmark is gone in the middle of the work.
  process.once('disconnect', () => process.exit())
  process.once('message', async (input: Input) => {
    const answer = await work(input).then(
      (values): Answer => ({ values }),
      (error): Answer => ({ error: messageOf(error) }),
    )
    process.send!(answer, () => process.disconnect())
  })
}
