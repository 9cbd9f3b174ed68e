import fc from 'fast-check'
import { odd } from './odd-values.js'
import type { Recipe } from './recipe.js'

/** One change of a value: at a place, which is counted over all of its parts. */
interface Change {
  readonly place: number
  readonly how: 'replace' | 'drop' | 'add' | 'wrap'
  readonly value: Recipe
  readonly key: string
}

const change: fc.Arbitrary<Change> = fc.record({
  place: fc.nat(40),
  how: fc.constantFrom('replace', 'replace', 'replace', 'drop', 'add', 'wrap'),
  value: odd,
  key: fc.constantFrom(
    'extra',
    '__proto__',
    'constructor',
    'open',
    'grant',
    'session',
    'tls',
    'task',
    'length',
  ),
})

/** Values of these, some of them with one to three changes. */
export function mutated(frame: fc.Arbitrary<Recipe>): fc.Arbitrary<Recipe> {
  const changes = fc.array(change, { minLength: 1, maxLength: 3 })
  return fc.oneof(
    { weight: 1, arbitrary: frame },
    { weight: 2, arbitrary: fc.tuple(frame, changes).map(([value, all]) => all.reduce(applied, value)) },
  )
}

function applied(value: Recipe, change: Change): Recipe {
  const places = count(value)
  return changedAt(value, { left: change.place % places }, change) ?? { $: 'undefined' }
}

/** How many parts a value has, itself among them. */
function count(value: Recipe): number {
  return 1 + children(value).reduce((sum, [, child]) => sum + count(child), 0)
}

function children(value: Recipe): [string, Recipe][] {
  if (typeof value !== 'object' || value === null || '$' in value) return []
  return Object.entries(value)
}

/** `undefined` for a part that is dropped. */
function changedAt(value: Recipe, at: { left: number }, change: Change): Recipe | undefined {
  if (at.left-- === 0) return changed(value, change)
  const parts = children(value)
  if (parts.length === 0) return value
  const next = parts
    .map(([key, child]): [string, Recipe | undefined] => [key, changedAt(child, at, change)])
    .filter((part): part is [string, Recipe] => part[1] !== undefined)
  return Array.isArray(value) ? next.map(([, child]) => child) : Object.fromEntries(next)
}

function changed(value: Recipe, { how, value: other, key }: Change): Recipe | undefined {
  if (how === 'drop') return undefined
  if (how === 'wrap') return [value]
  const isPlainObject =
    typeof value === 'object' && value !== null && !Array.isArray(value) && !('$' in value)
  return how === 'add' && isPlainObject ? Object.fromEntries([...Object.entries(value), [key, other]]) : other
}
