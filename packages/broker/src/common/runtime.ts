import { ConfigurationError } from '@pglease/client'

/** What has Node's modules, and message ports of its own behind them. */
const OTHERS = [
  ['bun', 'Bun'],
  ['deno', 'Deno'],
] as const

/**
 * Said at once: in Bun the first query would hang, in Deno the first thread's lease.
 * @throws ConfigurationError where the program does not run on Node.js
 */
export function mustBeNode(versions: Readonly<Record<string, string | undefined>> = process.versions): void {
  for (const [name, shown] of OTHERS) {
    if (versions[name] === undefined) continue
    throw new ConfigurationError(
      `pglease needs Node.js, 20.19 or later, and this is ${shown} ${versions[name]}, whose message ports and sockets are not ` +
        'Node’s. Run the program with `node`; in another runtime give each thread a pg.Pool of its own.',
      { option: 'runtime' },
    )
  }
}
