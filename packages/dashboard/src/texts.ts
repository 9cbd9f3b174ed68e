/** Texts of others may be of any length. */
const LONGEST = 1000

export const cut = (text: string, longest = LONGEST): string =>
  text.length > longest ? `${text.slice(0, longest)}…` : text
