/**
 * pg, and what it brings, for the built files: `scripts/bundle.js` has them import it from here. When Node imports a CommonJS
 * module it searches that for names first, and to search pg's parser costs about as much as to load all of pg.
 *
 * When pg is loaded it looks whether it runs on Cloudflare. Where there is no `navigator`, which Node has since 21, it makes a
 * `Response` to find out, and Node loads all of `fetch` for that: a third of what pg takes to load, in every thread. So it finds
 * what a later Node has.
 */
const given = !('navigator' in globalThis)
if (given) {
  const userAgent = `Node.js/${process.versions.node.split('.')[0]}`
  Object.defineProperty(globalThis, 'navigator', { value: { userAgent }, configurable: true })
}

import pg = require('pg')
import protocol = require('pg-protocol')
import parsing = require('pg-protocol/dist/parser.js')

if (given) Reflect.deleteProperty(globalThis, 'navigator')

const { DatabaseError, serialize } = protocol
const { Parser } = parsing

// In the form in which Node finds the names.
export = { pg, DatabaseError, serialize, Parser }
