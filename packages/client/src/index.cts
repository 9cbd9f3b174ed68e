// What `require` gives: the same module, which Node.js can require since 20.19.
import pglease = require('./index.js')

export = pglease
