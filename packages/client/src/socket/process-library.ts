import { createRequire } from 'node:module'
import type { LibraryHandle } from 'koffi'
import { once } from '../common/once.js'

/**
 * The native functions of this process: the C library's, and OpenSSL's, which Node brings. Undefined where koffi, an
 * optional dependency, has not been installed, and off Linux, where they would be of no use. The first call takes about
 * 10 ms.
 * @param beforeLoading called, on the first call, before native code is loaded, and before it is used for the first time.
 */
export const processLibrary = once((beforeLoading: () => void = () => {}): LibraryHandle | undefined => {
  if (process.platform !== 'linux') return undefined
  const { dlopen } = process
  process.dlopen = (...values: Parameters<typeof dlopen>) => {
    beforeLoading()
    Reflect.apply(dlopen, process, values)
  }
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi')
    // Somebody else may have loaded it.
    beforeLoading()
    return koffi.load(null)
  } catch {
    return undefined
  } finally {
    process.dlopen = dlopen
  }
})
