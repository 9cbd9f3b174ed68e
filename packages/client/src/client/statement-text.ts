/** What is in front of a statement's first word. Not a comment that holds another: that ends later than it seems to. */
const COMMENTS = /^(\s|--[^\n]*\n|\/\*((?!\/\*).)*?\*\/)*/s

/** More than one statement, or so it may be: a string may hold a semicolon. */
const SEVERAL = /;\s*\S/

/** The statement from its first word on, or from a comment on that is not told from it. */
export function withoutComments(text: string): string {
  return text.replace(COMMENTS, '')
}

export function mayBeSeveral(text: string): boolean {
  return SEVERAL.test(text)
}
