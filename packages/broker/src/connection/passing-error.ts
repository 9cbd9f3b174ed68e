/** A session could not be opened for a reason that may pass: the same attempt may succeed later. */
export class PassingError extends Error {}

/** Of an ErrorResponse, and of an error in the manner of the protocol's second version. */
const ERROR = 0x45

/**
 * What a server says that cannot start a process for the client: the letter of an error, and a text without a length
 * (`report_fork_failure_to_client` in its source). In clear even where TLS was asked for, so it may be anybody's.
 */
export function processMissing(first: Buffer): PassingError | undefined {
  if (first[0] !== ERROR) return undefined
  const [text] = first.toString('utf8', 1, 1000).split('\0')
  return new PassingError(`The server has no process for the connection: ${text!.trim()}`)
}
