import { ConfigurationError } from './errors.js'
import { nameOf, show, typeOf } from './option-words.js'
import { meant } from './spelling.js'

/** Says what a value must be, or undefined when it is right. */
export interface Check {
  (value: unknown): string | undefined
  /** Whether an error may show a wrong value, because no secret is meant to stand there. */
  readonly mayShow?: boolean
}

const open = (check: (value: unknown) => string | undefined): Check => Object.assign(check, { mayShow: true })

export const whole = (least: number, most = Number.MAX_SAFE_INTEGER): Check =>
  open((value) => {
    if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most)
      return undefined
    return `a whole number ${most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`}`
  })

export const millis: Check = open((value) =>
  typeof value === 'number' && value >= 0 && value < 2 ** 31
    ? undefined
    : 'a number of milliseconds from 0 to 2147483647',
)

export const seconds: Check = open((value) =>
  typeof value === 'number' && value >= 0 ? undefined : 'a number of seconds of at least 0',
)

export const number: Check = open((value) =>
  typeof value === 'number' && Number.isFinite(value) ? undefined : 'a finite number',
)

export const flag: Check = open((value) => (typeof value === 'boolean' ? undefined : 'true or false'))

export const oneOf = (...allowed: readonly unknown[]): Check =>
  open((value) => {
    if (allowed.includes(value)) return undefined
    const [first] = allowed
    if (allowed.length === 1) return typeof first === 'string' ? `"${first}"` : String(first)
    return `one of ${allowed.map(String).join(', ')}`
  })

export const text: Check = (value) => (typeof value === 'string' ? undefined : 'a string')
export const textOf =
  (most: number): Check =>
  (value) =>
    typeof value === 'string' && value.length <= most ? undefined : `a string of at most ${most} characters`
export const callable: Check = (value) => (typeof value === 'function' ? undefined : 'a function')
export const names: Check = (value) => (Array.isArray(value) ? undefined : 'an array of names')
/** Of whichever realm: tests may run in a `node:vm` context. */
export const signal: Check = (value) =>
  Object.prototype.toString.call(value) === '[object AbortSignal]' ? undefined : 'an AbortSignal'
export const anything: Check = () => undefined

export const either = (...checks: readonly Check[]): Check =>
  Object.assign(
    (value: unknown) => {
      const complaints = checks.map((check) => check(value))
      return complaints.includes(undefined) ? undefined : complaints.join(' or ')
    },
    { mayShow: checks.every(({ mayShow }) => mayShow) },
  )

/** Options that are known, but belong to something else. */
export interface Elsewhere {
  readonly names: readonly string[]
  /** What an error says of them. */
  readonly hint: (name: string) => string
}

/**
 * Checks each option that is given; `undefined` counts as not given.
 * @param path what the options are called in errors: `databases.default`.
 * @throws ConfigurationError that names the option and what it must be, or the name that was meant. It shows a value only
 *   where no secret is meant to stand: those of other options, and of unknown ones, may be passwords.
 */
export function checkOptions(
  path: string,
  options: unknown,
  checks: Readonly<Record<string, Check>>,
  { database, elsewhere }: { database?: unknown; elsewhere?: Elsewhere } = {},
): void {
  if (
    typeof options !== 'object' ||
    options === null ||
    Array.isArray(options) ||
    ArrayBuffer.isView(options)
  )
    throw hidden(path === '' ? 'options' : path, options, 'an object of options', database)
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (check === undefined)
      throw misplaced(path, name, elsewhere, database) ?? unknown(path, name, Object.keys(checks), database)
    const complaint = value === undefined ? undefined : check(value)
    if (complaint === undefined) continue
    throw (check.mayShow ? wrong : hidden)(join(path, name), value, complaint, database)
  }
}

/** For a value that is no secret. What does not look like a plain word or a number is not shown all the same. */
export function wrong(
  option: string,
  value: unknown,
  mustBe: string,
  database?: unknown,
): ConfigurationError {
  const shown = show(value)
  if (shown === undefined) return hidden(option, value, mustBe, database)
  return complaint(`${option} is ${shown}, but must be ${mustBe}.`, { option, value }, database)
}

/** For a value that may be one. */
function hidden(option: string, value: unknown, mustBe: string, database?: unknown): ConfigurationError {
  return complaint(`${option} is ${typeOf(value)}, but must be ${mustBe}.`, { option }, database)
}

function misplaced(
  path: string,
  name: string,
  elsewhere: Elsewhere | undefined,
  database: unknown,
): ConfigurationError | undefined {
  if (!elsewhere?.names.includes(name)) return undefined
  const option = join(path, name)
  return complaint(`${option} is not an option here. ${elsewhere.hint(name)}`, { option }, database)
}

function unknown(path: string, name: string, known: string[], database?: unknown): ConfigurationError {
  const option = join(path, name)
  const guess = meant(name, known)
  const hint = guess === undefined ? ` Known: ${known.join(', ')}.` : ` Did you mean "${guess}"?`
  return complaint(`${option} is not an option.${hint}`, { option }, database)
}

function complaint(
  message: string,
  fields: { option: string; value?: unknown },
  database?: unknown,
): ConfigurationError {
  // Of a lease it is what a thread has posted, or a user has given.
  const isNamed = typeof database === 'string'
  return new ConfigurationError(message, isNamed ? { ...fields, database: nameOf(database) } : fields)
}

function join(path: string, name: string): string {
  return path === '' ? nameOf(name) : `${path}.${nameOf(name)}`
}
