import type { Access, AccessSpec } from './access.js'

export async function openAccess(spec: AccessSpec): Promise<Access> {
  // Each thread only loads what it needs, as a program of one's own would.
  switch (spec.kind) {
    case 'pool':
      return (await import('./pool-access.js')).poolAccess(spec)
    case 'connect':
      return (await import('./connect-access.js')).connectAccess(spec.address)
    case 'postgres.js':
      return (await import('./postgres-js-access.js')).postgresJsAccess(spec.address, spec.max)
    case 'cloned rows':
      return (await import('./cloned-access.js')).clonedAccess()
  }
}
