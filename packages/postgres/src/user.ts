import { readFileSync } from 'node:fs'

export interface User {
  name: string
  uid: number
  gid: number
}

/** Users without rights that systems bring along. On macOS `nobody` has a negative id, which `chown` refuses. */
const UNPRIVILEGED = ['nobody', 'daemon']

/**
 * The user that has to run the server, or undefined when that is our own: Postgres refuses to run as root.
 * @throws {Error} when we are root and the system has no unprivileged user.
 */
export function serverUser(): User | undefined {
  if (process.geteuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8').split('\n').map(parseUser)
  for (const name of UNPRIVILEGED) {
    const user = users.find((user) => user.name === name && user.uid > 0)
    if (user) return user
  }
  throw new Error(
    `Postgres refuses to run as root, and there is no user ${UNPRIVILEGED.join(' or ')}. Run this as another user.`,
  )
}

/** A line of passwd(5): name, password, user id, group id and more. */
function parseUser(line: string): User {
  const [name = '', , uid, gid] = line.split(':')
  return { name, uid: Number(uid), gid: Number(gid) }
}
