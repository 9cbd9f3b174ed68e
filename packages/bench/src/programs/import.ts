/** Answers what the import of packages, one after the other, costs a process that has imported nothing of them. */
import { residentMebibytes } from '../harness/memory.js'
import { answerWith } from '../harness/program.js'

answerWith<{ names: readonly string[] }>(async ({ names }) => {
  const [before, start] = [residentMebibytes(), performance.now()]
  for (const name of names) await import(name)
  return { millis: performance.now() - start, mebibytes: Math.max(0, residentMebibytes() - before) }
})
