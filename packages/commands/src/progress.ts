const CLEAR_BELOW = '\x1b[J'

/** Says on a terminal what is under way, until `hideProgress`; nothing elsewhere. */
export function showProgress(what: string): void {
  const { isTTY, columns } = process.stderr
  // The cursor waits at the beginning: a terminal that is resized, and breaks its lines anew, keeps it there.
  if (isTTY) process.stderr.write(`${CLEAR_BELOW}${what.slice(0, (columns || 80) - 1)}\r`)
}

export function hideProgress(): void {
  if (process.stderr.isTTY) process.stderr.write(CLEAR_BELOW)
}
