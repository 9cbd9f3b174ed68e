/**
 * Errors that the same attempt would meet again: class 28 (authorization) and 3D000 (no such database) of appendix A of
 * the PostgreSQL documentation, and TLS that the two sides cannot agree on.
 */
export function isFinal(error: Error): boolean {
  const { code, message } = error as { code?: unknown; message: string }
  if (typeof code === 'string' && (/^28...$/.test(code) || code === '3D000')) return true
  if (
    typeof code === 'string' &&
    /^(ERR_(TLS|SSL)|DEPTH_ZERO|SELF_SIGNED|CERT_|UNABLE_TO_(VERIFY|GET_ISSUER))/.test(code)
  )
    return true
  return /does not support SSL|password must be a string|no password supplied/i.test(message)
}
