/** A way for the bytes of a lease. */
export interface Path {
  readonly name: string
  readonly about: string
  /** What clients come over. */
  readonly over: 'unix' | 'tcp'
  readonly tls: 'none' | 'shared' | "Node's"
  /** Whether threads get the sockets. */
  readonly isHandedOver: boolean
}

export const PATHS: readonly Path[] = [
  { name: 'unix', about: 'handed over, by Unix socket', over: 'unix', tls: 'none', isHandedOver: true },
  { name: 'tcp', about: 'handed over, TCP', over: 'tcp', tls: 'none', isHandedOver: true },
  { name: 'tls', about: 'handed over, TLS', over: 'tcp', tls: 'shared', isHandedOver: true },
  { name: 'relayed', about: 'relayed, TCP', over: 'tcp', tls: 'none', isHandedOver: false },
  { name: 'node-tls', about: "relayed, Node's own TLS", over: 'tcp', tls: "Node's", isHandedOver: false },
]

/** The options that lead `pg` there. @param certificate that of the server. */
export function sslOf({ tls }: Path, certificate: string): object | undefined {
  if (tls === 'none') return undefined
  // An option that only Node follows leaves TLS to Node.
  return tls === 'shared' ? { ca: certificate } : { ca: certificate, enableTrace: false }
}
