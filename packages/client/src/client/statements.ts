import type { AnswerGroups } from './answer-groups.js'
import { knownText } from './known-text.js'
import { kindOf } from './repeatable.js'

/** A text that has a name. */
interface Named {
  readonly text: string
  readonly name: string
  /** `parsing` until the server has answered it. */
  state: 'parsing' | 'kept'
}

/** How a text is sent: with this name, by which the server keeps it, or has kept it. */
export interface Use {
  readonly name: string
  /**
   * - `new`: it is to be parsed;
   * - `kept`: the server keeps it;
   * - `perhaps kept`: the broker knows, and takes the Close and the Parse out where the server keeps it.
   */
  readonly is: 'new' | 'kept' | 'perhaps kept'
  /** Names that the server need not keep any more. */
  readonly dropped?: readonly string[]
}

/** The most texts of a lease that are looked out for, and so the most statements that the server keeps for it. */
const MOST_TEXTS = 100

/**
 * The statements of one lease. A text that is sent for the second time gets a name, and from the third on it is not parsed
 * and planned anew. What may change the meaning of others makes this forget them all; the server's reset drops them.
 */
export class Statements {
  /** By text, those that were sent before; the first of them goes when there are too many. `once` is never named. */
  readonly #texts = new Map<string, Named | 'seen' | 'once'>()
  /** Names of texts that have gone, which the server may still keep. */
  #dropped: string[] = []
  readonly #groups: AnswerGroups

  constructor(groups: AnswerGroups) {
    this.#groups = groups
  }

  /**
   * A text is sent.
   * @returns undefined when it is to be sent without a name.
   */
  use(text: string): Use | undefined {
    const found = this.#texts.get(text)
    if (found === undefined) this.#add(text)
    else if (found === 'seen') return this.#name(text)
    else if (found !== 'once' && found.state === 'kept') return { name: found.name, is: 'kept' }
    return undefined
  }

  /** What is sent may change what the others mean. */
  forget(): void {
    for (const found of this.#texts.values()) if (typeof found !== 'string') this.#dropped.push(found.name)
    this.#texts.clear()
  }

  #add(text: string): void {
    const kind = knownText(text, false)?.kind ?? kindOf(text)
    if (kind === 'changing' || kind === 'transaction') return this.forget()
    if (this.#texts.size === MOST_TEXTS) this.#dropFirst()
    this.#texts.set(text, kind === 'once' ? 'once' : 'seen')
  }

  #name(text: string): Use {
    const { name } = knownText(text, true)!
    const dropped = this.#dropped
    this.#dropped = []
    const named: Named = { text, name, state: 'parsing' }
    this.#texts.set(text, named)
    const kept = () => {
      named.state = 'kept'
    }
    this.#groups.add({ kept, refused: () => this.#refused(named) })
    return { name, is: 'new', dropped }
  }

  #refused(named: Named): void {
    // Its name is among the dropped ones, once it has gone.
    if (this.#texts.get(named.text) !== named) return
    this.#dropped.push(named.name)
    this.#texts.set(named.text, 'seen')
  }

  #dropFirst(): void {
    const [text, first] = this.#texts.entries().next().value!
    this.#texts.delete(text)
    if (typeof first !== 'string') this.#dropped.push(first.name)
  }
}
