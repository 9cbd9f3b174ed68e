import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkOutputFile, UsageError } from '../src/index.js'
import { temporaryFolder } from './support/temporary-folder.js'

test('a file that can be written passes, and is not made', () => {
  const folder = temporaryFolder()
  checkOutputFile('--json', join(folder, 'new.json'))
  expect(readdirSync(folder)).toEqual([])
  writeFileSync(join(folder, 'old.json'), '{}')
  checkOutputFile('--json', join(folder, 'old.json'))
})

test('what cannot be written is told of, with the flag', () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'folder'))
  writeFileSync(join(folder, 'file'), '')
  const check = (...path: string[]) => checkOutputFile('--json', join(folder, ...path))
  expect(() => check('no', 'x.json')).toThrow(/^There is no folder .*no: make it, .* with --json\.$/)
  expect(() => check('file', 'x.json')).toThrow(/^There is no folder .*file: make it/)
  expect(() => check('folder')).toThrow(/folder is a folder: name a file with --json\.$/)
  expect(() => checkOutputFile('--json', '')).toThrow(new UsageError('--json takes the name of a file.'))
})
