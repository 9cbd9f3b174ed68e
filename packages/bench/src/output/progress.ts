/** One line on a terminal that says what is under way; nothing elsewhere. */
export function showProgress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`)
}
