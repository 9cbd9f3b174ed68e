/** Of the server's `numeric`: what stands in the place of a sign. */
const SPECIAL: Readonly<Record<number, string>> = { 49152: 'NaN', 53248: 'Infinity', 61440: '-Infinity' }
const NEGATIVE = 0x4000

/**
 * The text of a `numeric` in its binary format: how many digits to the base 10000 there are, the power of the first, the sign,
 * how many decimal places are shown; then the digits. Zeros at both ends are left out.
 */
export function numericText(bytes: Buffer): string {
  const count = bytes.readUInt16BE(0)
  const weight = bytes.readInt16BE(2)
  const sign = bytes.readUInt16BE(4)
  const places = bytes.readUInt16BE(6)
  const special = SPECIAL[sign]
  if (special !== undefined) return special
  const digit = (power: number): string => {
    const index = weight - power
    const value = index >= 0 && index < count ? bytes.readUInt16BE(8 + 2 * index) : 0
    return String(value).padStart(4, '0')
  }
  let whole = ''
  for (let power = Math.max(weight, 0); power >= 0; power--) whole += digit(power)
  let fraction = ''
  for (let power = -1; fraction.length < places; power--) fraction += digit(power)
  const text = whole.replace(/^0+(?=.)/, '') + (places === 0 ? '' : `.${fraction.slice(0, places)}`)
  return sign === NEGATIVE ? `-${text}` : text
}
