import { ConfigurationError } from '@pglease/client'
import { closest, distance } from 'fastest-levenshtein'

/** Says what a value must be, or undefined when it is right. */
export type Check = (value: unknown) => string | undefined

export const whole =
  (least: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= least
      ? undefined
      : `a whole number of at least ${least}`

export const millis: Check = (value) =>
  typeof value === 'number' && value >= 0 && value < 2 ** 31
    ? undefined
    : 'a number of milliseconds from 0 to 2147483647'

export const seconds: Check = (value) =>
  typeof value === 'number' && value >= 0 ? undefined : 'a number of seconds of at least 0'

export const text: Check = (value) => (typeof value === 'string' ? undefined : 'a string')
export const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false')
export const callable: Check = (value) => (typeof value === 'function' ? undefined : 'a function')
export const names: Check = (value) => (Array.isArray(value) ? undefined : 'an array of names')
export const signal: Check = (value) => (value instanceof AbortSignal ? undefined : 'an AbortSignal')
export const anything: Check = () => undefined

export const number: Check = (value) =>
  typeof value === 'number' && Number.isFinite(value) ? undefined : 'a number'

export const oneOf =
  (...allowed: readonly unknown[]): Check =>
  (value) =>
    allowed.includes(value) ? undefined : `one of ${allowed.map(String).join(', ')}`

export const either =
  (...checks: readonly Check[]): Check =>
  (value) => {
    const complaints = checks.map((check) => check(value))
    return complaints.includes(undefined) ? undefined : complaints.join(' or ')
  }

/**
 * Checks each option that is given; `undefined` counts as not given.
 * @param path what the options are called in errors: `databases.default`.
 * @throws ConfigurationError that names the option, the value and what it must be, or the name that was meant.
 */
export function checkOptions(
  path: string,
  options: unknown,
  checks: Readonly<Record<string, Check>>,
  database?: string,
): void {
  if (typeof options !== 'object' || options === null)
    throw wrong(path, options, 'an object of options', database)
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (check === undefined) throw unknown(path, name, value, Object.keys(checks), database)
    const complaint = value === undefined ? undefined : check(value)
    if (complaint !== undefined) throw wrong(join(path, name), value, complaint, database)
  }
}

export function wrong(option: string, value: unknown, mustBe: string, database?: string): ConfigurationError {
  const fields = database === undefined ? { option, value } : { option, value, database }
  return new ConfigurationError(`${option} is ${show(value)}, but must be ${mustBe}.`, fields)
}

function unknown(
  path: string,
  name: string,
  value: unknown,
  known: string[],
  database?: string,
): ConfigurationError {
  const option = join(path, name)
  const meant = closest(name, known)
  const hint =
    distance(name.toLowerCase(), meant.toLowerCase()) <= 3
      ? ` Did you mean "${meant}"?`
      : ` Known: ${known.join(', ')}.`
  const fields = database === undefined ? { option, value } : { option, value, database }
  return new ConfigurationError(`${option} is not an option.${hint}`, fields)
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

/** Short, and never a secret: strings of connections hold passwords. */
function show(value: unknown): string {
  if (typeof value === 'string')
    return value.length > 40 || value.includes('://') ? 'a string' : JSON.stringify(value)
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}
