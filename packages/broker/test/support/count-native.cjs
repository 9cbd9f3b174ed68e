/** Preloaded into each thread: counts what it loads of native code. */
const { dlopen } = process
globalThis.nativeLoads = 0
process.dlopen = (...values) => {
  globalThis.nativeLoads++
  return dlopen.apply(process, values)
}
