/** Preloaded into each thread: as on a machine where the optional library has not been installed. */
const Module = require('node:module')

const load = Module._load
Module._load = (name, ...rest) => {
  if (name.startsWith('@koromix/koffi-')) throw new Error('Not installed')
  return load(name, ...rest)
}
