const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** For text and attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]!)
}

/** For the positions of marks: elements of an SVG as wide as its place. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`
}
