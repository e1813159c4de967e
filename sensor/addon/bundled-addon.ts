import { unpackAddon } from './unpack-addon.ts'

/** Where better-sqlite3's addon is. Undefined when the sources run unbundled (tests): then the package finds its own. */
export async function bundledAddon(dataDir: string): Promise<string | undefined> {
  // The build puts the version in here, and only the build has the virtual module.
  if (!process.env['PICKET_VERSION']) return undefined
  return unpackAddon(dataDir, await import('picket:sqlite-addon'))
}
