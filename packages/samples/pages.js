/** Fills the pages' blocks of code with the samples that they name. */
import { readdirSync, readFileSync } from 'node:fs'

const ROOT = new URL('../../', import.meta.url)
const SAMPLES = new URL('src/', import.meta.url)

/** `<!-- sample: FILE#REGION -->`, and the block behind it. Without a region it is the whole file. */
const SAMPLE = /^( *)<!-- sample: ([\w./-]+)(?:#([\w-]+))? -->\n+ *```(\w+)(.*)\n([\s\S]*?)^ *```$/gm

/** Markdown that is written here, by its path from the root of the repository. */
export function pages() {
  const files = readdirSync(new URL('docs', ROOT))
  const readmes = readdirSync(new URL('packages', ROOT)).map((name) => `packages/${name}/README.md`)
  const all = [
    ...files.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
    'README.md',
    ...readmes,
  ]
  return all.flatMap((path) => {
    try {
      return [{ path, url: new URL(path, ROOT), text: readFileSync(new URL(path, ROOT), 'utf8') }]
    } catch {
      return [] // a package without a README
    }
  })
}

/** The text with the code of its samples as they are now. Throws for a sample that is not there. */
export function filled(text) {
  return text.replace(SAMPLE, (_, indent, file, region, language, rest) => {
    const code = sample(file, region).replace(/^(?=.)/gm, indent)
    const name = region === undefined ? file : `${file}#${region}`
    return `${indent}<!-- sample: ${name} -->\n${indent}\`\`\`${language}${rest}\n${code}${indent}\`\`\``
  })
}

/** Code of `src`, without the lines that mark regions, and a region without its indentation. */
function sample(file, region) {
  const lines = readFileSync(new URL(file, SAMPLES), 'utf8').split('\n')
  const mark = /^\s*\/\/ #(end)?region\b/
  if (region === undefined) return lines.filter((line) => !mark.test(line)).join('\n')
  const at = (kind) => lines.findIndex((line) => line.trim() === `// #${kind} ${region}`)
  const [begin, end] = [at('region'), at('endregion')]
  if (begin < 0 || end < begin) throw new Error(`${file} has no region ${region}`)
  const shown = lines.slice(begin + 1, end).filter((line) => !mark.test(line))
  const indents = shown.filter((line) => line !== '').map((line) => line.search(/\S/))
  const least = Math.min(...indents)
  return `${shown
    .map((line) => line.slice(least))
    .join('\n')
    .trim()}\n`
}
