/** What is in front of a statement's first word. */
const COMMENTS = /^(\s|--[^\n]*\n|\/\*.*?\*\/)*/s

/** More than one statement, or so it may be: a string may hold a semicolon. */
const SEVERAL = /;\s*\S/

/** The statement from its first word on. */
export function withoutComments(text: string): string {
  return text.replace(COMMENTS, '')
}

export function mayBeSeveral(text: string): boolean {
  return SEVERAL.test(text)
}
