import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { ExpectedError } from '../../shared/errors.ts'
import { ensurePrivateDir, replaceFile } from '../../shared/private-file.ts'

export class BadAddon extends ExpectedError {
  readonly code = 'bad_addon'
  readonly kind = 'invalid'
}

export interface PackedAddon {
  readonly gzipBase64: string
  readonly sha256: string
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/**
 * Puts SQLite's addon, which travels inside the program's one file, where the system can load it: `<dataDir>/native`, for this user alone. It is code, so
 * its checksum is checked on every start, and a file that differs is replaced before it is loaded.
 *
 * @returns the path for better-sqlite3's `nativeBinding`
 * @throws {BadAddon} the program file itself is damaged
 */
export async function unpackAddon(dataDir: string, { gzipBase64, sha256 }: PackedAddon): Promise<string> {
  const dir = join(dataDir, 'native')
  await ensurePrivateDir(dir)
  const path = join(dir, `better_sqlite3-${sha256.slice(0, 16)}.node`)
  if ((await digestOfFile(path)) === sha256) return path

  const addon = gunzipSync(Buffer.from(gzipBase64, 'base64'))
  if (digestOf(addon) !== sha256) throw new BadAddon('the SQLite addon inside the program file is damaged; fetch the file again')
  await replaceFile(path, addon)
  return path
}

async function digestOfFile(path: string): Promise<string | undefined> {
  try {
    return digestOf(await readFile(path))
  } catch (error) {
    // Missing, or not readable: either way it is written anew.
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}
