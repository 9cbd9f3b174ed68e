import { inspect } from 'node:util'

/**
 * What `console.log` prints of an object that is told in few words: all that it holds would be long, and might hold what is
 * nobody's business.
 */
export function shown(name: string, words: object, options: object): string {
  return `${name} ${inspect(words, options)}`
}
