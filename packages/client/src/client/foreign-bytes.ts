import * as Frontend from '../protocol/frontend-types.js'
import { MessageScanner } from '../protocol/message-scanner.js'

/** What libraries write past a client's connection: the data of a COPY, and what has the server answer. */
const HARMLESS: readonly number[] = [
  Frontend.CopyData,
  Frontend.CopyDone,
  Frontend.CopyFail,
  Frontend.Flush,
  Frontend.Sync,
]

/** What is written to a client's stream past its connection, which therefore does not know what it does. */
export class ForeignBytes {
  readonly #scanner = new MessageScanner(Frontend.frontendTypes)

  /** Whether it is harmless, with what was written so before. */
  areHarmless(bytes: unknown): boolean {
    if (!(bytes instanceof Uint8Array)) return false
    const scanner = this.#scanner
    try {
      for (let at = scanner.next(bytes, 0); at !== -1; at = scanner.next(bytes, at))
        if (!HARMLESS.includes(scanner.type)) return false
    } catch {
      return false
    }
    return scanner.atBoundary || HARMLESS.includes(scanner.type)
  }
}
