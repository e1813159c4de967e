import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

export interface FoundFile {
  readonly path: string
  /** Device and inode: what a file is, whatever it is called. */
  readonly identity: string
}

export interface Found {
  readonly files: readonly FoundFile[]
  /** What was in the way, by path. */
  readonly problems: readonly { readonly path: string; readonly kind: 'permission' | 'not a log file' | 'too many'; readonly message: string }[]
}

export const MAX_FILES = 1_000

export const identityOf = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`

const isGlob = (text: string): boolean => /[*?]/.test(text)

const globPattern = (glob: string): RegExp => {
  const escaped = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${escaped}$`, 's')
}

/** Regular files only, and never through a link: whoever may write into a log folder must not choose what the sensor reads (A26). */
export const findFiles = async (patterns: readonly string[]): Promise<Found> => {
  const files = new Map<string, FoundFile>()
  const problems: Found['problems'][number][] = []
  const consider = async (path: string, named: boolean): Promise<void> => {
    const stats = await orMissing(lstat(path, { bigint: true }), (message) => problems.push({ path, kind: 'permission', message }))
    if (!stats) return
    if (stats.isFile()) files.set(identityOf(stats), { path, identity: identityOf(stats) })
    else if (named || !stats.isDirectory()) problems.push({ path, kind: 'not a log file', message: `${path} is ${kindOf(stats)}: not read` })
  }
  for (const pattern of patterns) {
    const folder = dirname(pattern)
    if (isGlob(folder)) problems.push({ path: pattern, kind: 'not a log file', message: `${pattern}: * and ? stand inside one folder only` })
    else if (!isGlob(basename(pattern))) await consider(pattern, true)
    else {
      const matches = globPattern(basename(pattern))
      const names = await orMissing(readdir(folder), (message) => problems.push({ path: folder, kind: 'permission', message }))
      for (const name of (names ?? []).filter((each) => matches.test(each)).sort()) {
        if (files.size >= MAX_FILES) {
          problems.push({ path: pattern, kind: 'too many', message: `more than ${MAX_FILES} files match; the rest is not read` })
          break
        }
        await consider(join(folder, name), false)
      }
    }
  }
  return { files: [...files.values()], problems }
}

/** Where the file of that identity is now, in the folder it was last seen in: rotation renames within one. */
export const findMoved = async (lastPath: string, identity: string): Promise<FoundFile | undefined> => {
  const folder = dirname(lastPath)
  const names = await orMissing(readdir(folder), () => {})
  for (const name of names ?? []) {
    const path = join(folder, name)
    const stats = await orMissing(lstat(path, { bigint: true }), () => {})
    if (stats?.isFile() && identityOf(stats) === identity) return { path, identity }
  }
  return undefined
}

/** Opens without following a link and without waiting for a FIFO's writer; undefined where it has gone or become something else meanwhile. */
export const openLog = async ({ path, identity }: FoundFile, onProblem: (message: string) => void): Promise<FileHandle | undefined> => {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  const handle = await orMissing(open(path, flags), onProblem)
  if (!handle) return undefined
  const stats = await handle.stat({ bigint: true })
  if (stats.isFile() && identityOf(stats) === identity) return handle
  await handle.close()
  return undefined
}

const kindOf = (stats: BigIntStats): string => {
  if (stats.isSymbolicLink()) return 'a symbolic link'
  if (stats.isFIFO()) return 'a FIFO'
  if (stats.isDirectory()) return 'a folder'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}

/** Undefined for what is not there (or turned into a link between two looks); a refusal is said, anything else travels up. */
const orMissing = async <T>(work: Promise<T>, onRefused: (message: string) => void): Promise<T | undefined> => {
  try {
    return await work
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    onRefused(error instanceof Error ? error.message : String(error))
    return undefined
  }
}
