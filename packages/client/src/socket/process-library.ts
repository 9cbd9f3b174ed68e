import nodeModule from 'node:module'
import { once } from '../common/once.js'

/** What is used of koffi. */
interface Koffi {
  /** @param path null: what is in the process. */
  load(path: null): NativeLibrary
}

interface NativeLibrary {
  /** @param prototype in C */
  func(prototype: string): (...values: never[]) => unknown
}

/**
 * The native functions of this process: the C library's, and OpenSSL's, which Node brings. Undefined where koffi's package of
 * this platform, an optional dependency, has not been installed, and off Linux, where they would be of no use. koffi itself is
 * not depended upon: it adds nothing to what its platform packages bring but an install script, which some installers refuse.
 * The first call takes about 10 ms.
 * @param beforeLoading called, on the first call, before native code is loaded, and before it is used for the first time.
 */
export const processLibrary = once((beforeLoading: () => void = () => {}): NativeLibrary | undefined => {
  if (process.platform !== 'linux') return undefined
  const { dlopen } = process
  process.dlopen = (...values: Parameters<typeof dlopen>) => {
    beforeLoading()
    Reflect.apply(dlopen, process, values)
  }
  try {
    // A bundle that is CommonJS has no `import.meta.url`.
    const here = typeof __filename === 'string' ? __filename : import.meta.url
    const koffi = nodeModule.createRequire(here)(`@koromix/koffi-linux-${process.arch}`) as Koffi
    // Somebody else may have loaded it.
    beforeLoading()
    return koffi.load(null)
  } catch {
    return undefined
  } finally {
    process.dlopen = dlopen
  }
})
