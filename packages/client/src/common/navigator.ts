/**
 * When pg is loaded it looks whether it runs on Cloudflare. Where there is no `navigator`, which Node has since 21, it makes a
 * `Response` to find out, and Node loads all of `fetch` for that: a third of what pg takes to load, in every thread. So it finds
 * what a later Node has.
 */

const OURS = { userAgent: `Node.js/${process.versions.node.split('.')[0]}` }

export function giveNavigator(): void {
  if ('navigator' in globalThis) return
  Object.defineProperty(globalThis, 'navigator', { value: OURS, configurable: true })
}

/** pg is loaded. */
export function takeNavigator(): void {
  const { navigator } = globalThis as { navigator?: unknown }
  if (navigator === OURS) Reflect.deleteProperty(globalThis, 'navigator')
}
