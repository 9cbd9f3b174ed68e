/** Answers what the import of one package costs a process that has imported nothing of it. */
import { residentMebibytes } from '../harness/memory.js'
import { answerWith } from '../harness/program.js'

answerWith<{ name: string }>(async ({ name }) => {
  const [before, start] = [residentMebibytes(), performance.now()]
  await import(name)
  return { millis: performance.now() - start, mebibytes: Math.max(0, residentMebibytes() - before) }
})
