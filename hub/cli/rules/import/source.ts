import { createHash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { ExpectedError } from '../../../../shared/errors.ts'
import type { SourceContent, SourceFile } from '../archive/archive.ts'
import { readFolder } from '../archive/folder.ts'
import { readTarGz } from '../archive/tar.ts'
import { readZip } from '../archive/zip.ts'
import { gitOrigin } from './git-origin.ts'

export class NoSuchSource extends ExpectedError {
  // Wrong usage: main.ts gives it exit code 2.
  readonly code = 'config'
  readonly kind = 'not_found'
}

/** Where rules came from, as far as the source says. */
export interface Origin {
  /** The folder's or archive's name. */
  readonly name: string
  readonly kind: 'folder' | 'zip' | 'tar.gz'
  /** A release's tag, or what the archive calls its version. */
  readonly version?: string | undefined
  /** Git's commit, 40 or 64 hexadecimal digits. */
  readonly commit?: string | undefined
  /** Of an archive: SHA-256, hexadecimal. */
  readonly sha256?: string | undefined
}

/** A source opened: rule files, licence, and where they came from. */
export interface RuleSource {
  readonly origin: Origin
  readonly rules: readonly SourceFile[]
  readonly licences: readonly SourceFile[]
  readonly skipped: SourceContent['skipped']
}

const RULE = /(?<!\.test)\.ya?ml$/i
const LICENCE = /^(?:[^/]+\/)?(?:LICEN[CS]E|COPYING|NOTICE)[^/]*$/i
const VERSION = /^(?:[^/]+\/)?version\.txt$/i

const isHidden = (path: string): boolean => path.split('/').some((part) => part.startsWith('.'))
const wanted = (path: string): boolean => !isHidden(path) && (RULE.test(path) || LICENCE.test(path) || VERSION.test(path))

/**
 * Opens a folder (a checkout), a .zip or a .tar.gz of rules. What an archive is, its first bytes say, not its name.
 *
 * @throws {NoSuchSource}; {ArchiveRefused} for an archive that cannot or must not be read; the file system's errors
 */
export async function openSource(path: string): Promise<RuleSource> {
  const kind = await kindOf(path)
  const content = kind === 'folder' ? await readFolder(path, wanted) : kind === 'zip' ? await readZip(path, wanted) : await readTarGz(path, wanted)
  const root = kind === 'folder' ? undefined : rootOf(content.files)
  const below = <T extends { readonly path: string }>(each: readonly T[]): readonly T[] =>
    root === undefined ? each : each.map((file) => ({ ...file, path: file.path.slice(root.length + 1) }))
  const files = below(content.files)
  return {
    origin: await originOf(path, kind, root, content.comment, files),
    rules: files.filter((file) => RULE.test(file.path)),
    // Only the source's own, not one of some part of it.
    licences: files.filter((file) => LICENCE.test(file.path) && !file.path.includes('/') && !RULE.test(file.path)),
    skipped: below(content.skipped.filter(({ path: skipped }) => root === undefined || skipped.startsWith(`${root}/`))),
  }
}

async function kindOf(path: string): Promise<Origin['kind']> {
  let found: Awaited<ReturnType<typeof stat>>
  try {
    found = await stat(path)
  } catch (cause) {
    throw new NoSuchSource(`there is no ${path}; name a folder, a .zip or a .tar.gz`, { cause })
  }
  if (found.isDirectory()) return 'folder'
  const handle = await open(path)
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0)
    if (buffer.toString('latin1', 0, 2) === 'PK') return 'zip'
    if (buffer.readUInt16BE(0) === 0x1f8b) return 'tar.gz'
  } finally {
    await handle.close()
  }
  throw new NoSuchSource(`${path} is neither a folder nor a .zip or .tar.gz`)
}

/** The one folder everything in an archive lies in, which code hosts add; undefined where there is none. */
function rootOf(files: readonly SourceFile[]): string | undefined {
  const [first] = files
  const root = first?.path.includes('/') ? first.path.split('/')[0] : undefined
  // `rules/` alone is the rules' own folder.
  return root !== undefined && root !== 'rules' && files.every(({ path }) => path.startsWith(`${root}/`)) ? root : undefined
}

const COMMIT = /\b[0-9a-f]{40}(?:[0-9a-f]{24})?\b/

async function originOf(
  path: string,
  kind: Origin['kind'],
  root: string | undefined,
  comment: string | undefined,
  files: readonly SourceFile[],
): Promise<Origin> {
  const name = basename(resolve(path))
  if (kind === 'folder') return { name, kind, ...(await gitOrigin(path)) }
  const written = files.find((file) => VERSION.test(file.path))
  const commit = COMMIT.exec(comment ?? '')?.[0] ?? COMMIT.exec(root ?? '')?.[0]
  return { name, kind, version: versionIn(written) ?? versionOf(root, commit), commit, sha256: await sha256Of(path) }
}

const versionIn = (file: SourceFile | undefined): string | undefined =>
  (file && /\S.{0,199}/.exec(Buffer.from(file.bytes).toString('utf8'))?.[0].trim()) || undefined

/** `sigma-r2025-08-01` → `r2025-08-01`; a commit is no version. */
function versionOf(root: string | undefined, commit: string | undefined): string | undefined {
  const version = /-(?=v?r?\d)(.+)$/.exec(root ?? '')?.[1]
  return version === undefined || (commit !== undefined && version.includes(commit)) ? undefined : version
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  const handle = await open(path)
  try {
    for await (const chunk of handle.createReadStream({ autoClose: false })) hash.update(chunk)
  } finally {
    await handle.close()
  }
  return hash.digest('hex')
}
