import { createHash } from 'node:crypto'
import { kindOf } from './repeatable.js'

/** A text that has a name. */
interface Named {
  readonly text: string
  readonly name: string
  /** Of the messages that the name was sent in. */
  readonly group: number
  /** `parsing` until the server has answered that group. */
  state: 'parsing' | 'kept'
}

/** How a text is sent: with this name, by which the server keeps it, or has kept it. */
export interface Use {
  readonly name: string
  readonly isKept: boolean
  /** Names that the server need not keep any more. */
  readonly dropped: readonly string[]
}

/**
 * The same for the same text, and for no other: behind a pooler the session may be one that another client has used. The
 * server heeds the first 63 bytes of a name.
 */
const nameOf = (text: string) => `pglease: ${createHash('sha256').update(text).digest('base64url')}`

/** The most texts of a lease that are looked out for, and so the most statements that the server keeps for it. */
const MOST_TEXTS = 100

const NONE: readonly string[] = []

/**
 * The statements of one lease. A text that is sent for the second time gets a name, and from the third on it is not parsed
 * and planned anew. What may change the meaning of others makes this forget them all; the server's reset drops them.
 *
 * A group is what is sent up to a Sync, or a simple Query: the server answers it with one ReadyForQuery, and ignores what
 * follows an error in it (chapter 54.2.3).
 */
export class Statements {
  /** By text, those that were sent before; the first of them goes when there are too many. `once` is never named. */
  readonly #texts = new Map<string, Named | 'seen' | 'once'>()
  #parsing: Named[] = []
  /** Names of texts that have gone, which the server may still keep. */
  #dropped: string[] = []
  #sentGroups = 0
  #answeredGroups = 0

  /**
   * A text is sent.
   * @returns undefined when it is to be sent without a name.
   */
  use(text: string): Use | undefined {
    const found = this.#texts.get(text)
    if (found === undefined) this.#add(text)
    else if (found === 'seen') return this.#name(text)
    else if (found !== 'once' && found.state === 'kept')
      return { name: found.name, isKept: true, dropped: NONE }
    return undefined
  }

  /** What is sent may change what the others mean. */
  forget(): void {
    for (const found of this.#texts.values()) if (typeof found !== 'string') this.#dropped.push(found.name)
    this.#texts.clear()
    this.#parsing = []
  }

  /** A Sync is sent, or a simple Query. */
  sent(): void {
    this.#sentGroups++
  }

  /** The server has refused something of the group that it answers. */
  refused(): void {
    for (const { text, name } of this.#takeParsing()) {
      this.#dropped.push(name)
      this.#texts.set(text, 'seen')
    }
  }

  /** ReadyForQuery. */
  answered(): void {
    for (const named of this.#takeParsing()) named.state = 'kept'
    this.#answeredGroups++
  }

  #add(text: string): void {
    const kind = kindOf(text)
    if (kind === 'changing') return this.forget()
    if (this.#texts.size === MOST_TEXTS) this.#dropFirst()
    this.#texts.set(text, kind === 'once' ? 'once' : 'seen')
  }

  /** Those of the group that the server answers. They are in the order of their groups. */
  #takeParsing(): Named[] {
    if (this.#parsing.length === 0) return []
    const end = this.#parsing.findIndex(({ group }) => group !== this.#answeredGroups)
    return this.#parsing.splice(0, end === -1 ? this.#parsing.length : end)
  }

  #name(text: string): Use {
    const name = nameOf(text)
    const dropped = this.#dropped
    this.#dropped = []
    const named: Named = { text, name, group: this.#sentGroups, state: 'parsing' }
    this.#texts.set(text, named)
    this.#parsing.push(named)
    return { name, isKept: false, dropped }
  }

  #dropFirst(): void {
    const [text, first] = this.#texts.entries().next().value!
    this.#texts.delete(text)
    if (typeof first === 'string') return
    this.#parsing = this.#parsing.filter((each) => each !== first)
    this.#dropped.push(first.name)
  }
}
