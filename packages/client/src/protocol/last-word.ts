/**
 * The severity of an error after which the server closes the connection. The field V has it in English, S in the language
 * of the server; before PostgreSQL 9.6 there is only S (chapter 54.8).
 */
const CLOSES = /(^|\0)[VS](FATAL|PANIC)\0/

/** @param bytes of which the body of an ErrorResponse is from `at` to `end` */
export function isLastWord(bytes: Buffer, at: number, end: number): boolean {
  return CLOSES.test(bytes.toString('latin1', at, end))
}
