/**
 * What tells the server and its log of which task a query is: a comment at its end, in the form of
 * https://google.github.io/sqlcommenter/spec/, so that positions in errors stay right, and no tool counts it as another query.
 */
export function taskComment(task: string): string {
  // What is no character has no form in a URL.
  const name = encodeURIComponent(Buffer.from(task).toString()).replaceAll("'", '%27')
  return `/*task='${name}'*/`
}

/** On a line of its own, where the last one may end in a comment. */
export function withComment(text: string, comment: string): string {
  const mayEndInComment = text.includes('--', text.lastIndexOf('\n') + 1)
  return `${text}${mayEndInComment ? '\n' : ' '}${comment}`
}
