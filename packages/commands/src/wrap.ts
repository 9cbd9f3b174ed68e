/** Of the rest of a line that is broken, beside what the line itself is indented by. */
const HANGING = 2

/**
 * Breaks lines between words, so that a terminal need not break them inside. A word that is too long stays whole.
 * @param columns of the terminal: 0 or undefined, as streams have it, for a width that nobody knows
 */
export function wrapWords(text: string, columns: number | undefined): string {
  if (!columns) return text
  return text
    .split('\n')
    .flatMap((line) => wrapLine(line, columns))
    .join('\n')
}

function wrapLine(line: string, columns: number): string[] {
  const indent = ' '.repeat(line.search(/\S|$/) + HANGING)
  const lines: string[] = []
  let current = ''
  for (const [word] of line.matchAll(/\s*\S+/g)) {
    if (current === '' || current.length + word.length <= columns) {
      current += word
    } else {
      lines.push(current)
      current = indent + word.trimStart()
    }
  }
  return [...lines, current]
}
