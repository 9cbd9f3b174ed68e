/** Tasks whose types are known to the caller. */

export const LEVEL = 3

/**
 * @param {{ country: string }} input
 * @param {import('@pglease/client').TaskContext} context
 * @returns {Promise<{ country: string, cities: number }>}
 */
export async function countCities({ country }, { db }) {
  const { rows } = await db.query('SELECT length($1) AS cities', [country])
  return { country, cities: rows[0].cities }
}

/** @param {number} number */
export const doubles = (number) => number * 2

/** @param {string} [name] */
export const greets = (name = 'you') => `hello ${name}`

/** @param {Date} date */
export default (date) => date.getTime()
