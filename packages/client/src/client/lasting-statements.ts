import type { KeptStatements } from '../lease/kept-statements.js'
import type { AnswerGroups } from './answer-groups.js'
import { type KnownText, knownText } from './known-text.js'
import { kindOf } from './repeatable.js'
import type { Use } from './statements.js'

/** What a lease's connection has kept, as far as that is known. */
export interface KeptSource {
  /** Of the lease's connection. Undefined where it keeps nothing, and before the lease is granted. */
  readonly keptStatements: KeptStatements | undefined
  /** The same; before the lease begins, of the connection that it is likely to have, if one is. */
  readonly likelyStatements: KeptStatements | undefined
}

/**
 * The statements that outlive the lease, where its database's connections keep them. Once something is sent that may change what
 * they mean, they are of no use to the lease any more, and all are to go at its end.
 */
export class LastingStatements {
  readonly #source: KeptSource
  readonly #groups: AnswerGroups
  #isSpoilt = false

  constructor(source: KeptSource, groups: AnswerGroups) {
    this.#source = source
    this.#groups = groups
  }

  get isSpoilt(): boolean {
    return this.#isSpoilt
  }

  /** The lease has a connection. */
  granted(): void {
    if (!this.#isSpoilt) this.#source.keptStatements?.watch()
  }

  /** Something is sent that may change what others mean, or may have been. */
  spoil(): void {
    if (this.#isSpoilt) return
    this.#isSpoilt = true
    this.#source.keptStatements?.spoil()
  }

  /**
   * A text is sent.
   * @param isNamed whether it has a name of the user's.
   * @param canRepeat whether it is sent again, should the server not have kept it.
   * @returns undefined when it is to be sent as it is.
   */
  use(text: string, isNamed: boolean, canRepeat: boolean): Use | undefined {
    const known = knownText(text, isNamed)
    const kind = known?.kind ?? kindOf(text)
    if (kind === 'changing') this.spoil()
    const isLasting = kind === 'repeatable' || (isNamed && kind !== 'changing')
    if (known === undefined || !isLasting) return undefined
    // What cannot be repeated waits for an answer: until then the lease may still get another connection.
    const isSure = canRepeat || this.#groups.hasAnswers
    if (!isSure && !isNamed) return undefined
    const kept = this.#source.likelyStatements
    if (isSure && kept?.has(known)) return { name: known.name, is: 'kept' }
    this.#groups.add({
      kept: () => this.#kept(known),
      refused: () => this.#source.keptStatements?.remove(known),
    })
    return { name: known.name, is: kept === undefined ? 'perhaps kept' : 'new' }
  }

  /** The server has refused a statement that it has kept. */
  outdated(text: string): void {
    this.#source.keptStatements?.remove(knownText(text, true)!)
  }

  #kept(known: KnownText): void {
    if (this.#source.keptStatements?.add(known) === false) this.spoil()
  }
}
