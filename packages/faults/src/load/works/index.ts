import { abandonedWrite } from './abandoned-write.js'
import { audit } from './audit.js'
import { compute } from './compute.js'
import { copyIn } from './copy-in.js'
import { copyOut } from './copy-out.js'
import { cursor } from './cursor.js'
import { largeRead } from './large-read.js'
import { listen } from './listen.js'
import { namedStatement } from './named-statement.js'
import { pipeline } from './pipeline.js'
import { read } from './read.js'
import { transfer } from './transfer.js'
import { unawaitedWrite } from './unawaited-write.js'
import type { Work } from './work.js'
import { write } from './write.js'

export const WORKS: readonly Work[] = [
  read,
  largeRead,
  transfer,
  write,
  abandonedWrite,
  unawaitedWrite,
  audit,
  copyIn,
  copyOut,
  cursor,
  listen,
  namedStatement,
  pipeline,
  compute,
]

export function workOf(name: string): Work {
  const work = WORKS.find((each) => each.name === name)
  if (work === undefined) throw new Error(`There is no work "${name}"`)
  return work
}
