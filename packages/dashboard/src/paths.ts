import type { IncomingMessage } from 'node:http'

export interface Asked {
  /** Of a file of the page: empty for the page itself. */
  readonly name: string
  /** Where the page is: below a folder, so that its files are found beside it. Undefined where that was asked for. */
  readonly moved: string | undefined
}

/** What a request wants, or undefined where it is none of the page's paths. */
export function nameAsked(request: IncomingMessage, prefix: string): Asked | undefined {
  const path = pathOf(request.url ?? '')
  if (path === prefix && prefix !== '') return { name: '', moved: folderOf(path) }
  if (!path.startsWith(`${prefix}/`)) return undefined
  const name = path.slice(prefix.length + 1)
  return { name, moved: name === '' ? movedByMount(request) : undefined }
}

/** What express' `use` has taken off the path was not followed by a slash. */
function movedByMount(request: IncomingMessage & { originalUrl?: unknown }): string | undefined {
  if (typeof request.originalUrl !== 'string') return undefined
  const original = pathOf(request.originalUrl)
  return original.endsWith('/') ? undefined : folderOf(original)
}

/** Relative, so that it is right behind a proxy that takes off a prefix of its own. */
const folderOf = (path: string) => `./${path.slice(path.lastIndexOf('/') + 1)}/`

const pathOf = (url: string) => url.split('?', 1)[0]!
