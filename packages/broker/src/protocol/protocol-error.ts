/** Bytes that cannot be a message of the PostgreSQL protocol: whoever sent them is out of step for good. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code = 'PGLEASE_PROTOCOL'
}
