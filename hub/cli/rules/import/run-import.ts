import { createHash } from 'node:crypto'
import { mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { ExpectedError } from '../../../../shared/errors.ts'
import type { SourceFile } from '../archive/archive.ts'
import { type Choice, choose } from './choose.ts'
import { MANIFEST_NAME, type Manifest, readManifest } from './manifest.ts'
import { type Planned, planImport, type Step } from './plan.ts'
import { type Origin, openSource } from './source.ts'

export interface ImportOptions {
  readonly source: string
  readonly into: string
  readonly choice: Choice
  readonly force: boolean
  readonly prune: boolean
  readonly dryRun: boolean
  readonly now: Date
  onProgress?(text: () => string): void
}

/** What an import did, or with `dryRun` would do. */
export interface ImportReport {
  readonly origin: Origin
  readonly licences: readonly string[]
  readonly dryRun: boolean
  readonly files: readonly Planned[]
  /** Rules in the files taken. */
  readonly rules: number
  readonly needsPlaceholders: readonly string[]
  readonly filtered: number
  readonly rejected: readonly { readonly path: string; readonly reason: string }[]
  readonly notRules: number
  /** Whether anything in the folder changed, or would. */
  readonly changed: boolean
}

export class ImportRefused extends ExpectedError {
  readonly code = 'import'
  readonly kind = 'conflict'
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
/** Steps that write the source's text. */
const WRITES: readonly Step[] = ['add', 'update']

/**
 * Brings a folder of rules to what a source has. What was changed in the folder since the last import stays; running it again changes nothing.
 * Stopped half way it leaves whole files and the old manifest, and the next run goes on from there.
 *
 * @throws {ArchiveRefused}, {NoSuchSource}, {BadManifest}; {ImportRefused} where the folder holds the rules of another source
 */
export async function runImport(options: ImportOptions): Promise<ImportReport> {
  const { source, into, choice, force, prune, dryRun, onProgress } = options
  onProgress?.(() => `reading ${source}`)
  const { origin, rules: found, licences, skipped } = await openSource(source)
  const known = await readManifest(into)
  const sorted = sortOut(found, choice, onProgress)
  const incoming = new Map([...sorted.taken, ...licences].map((file) => [file.path, file]))
  const here = await localHashes(into, [...incoming.keys(), ...Object.keys(known?.files ?? {})])
  const files = planImport({
    incoming: new Map([...incoming].map(([path, { bytes }]) => [path, sha256(bytes)])),
    leftOut: sorted.leftOut,
    known: known?.files ?? {},
    local: (path) => here.get(path),
    force,
    prune,
  })
  if (known && !force) refuseOtherSource(known, files, into)
  const manifest = manifestAfter(options, origin, licences, incoming, files, known)
  const changed = known === undefined || JSON.stringify({ ...manifest, imported_at: '' }) !== JSON.stringify({ ...known, imported_at: '' })
  const writes = files.filter(({ step }) => WRITES.includes(step) || step === 'prune')
  if (!dryRun) {
    for (const [index, { path, step }] of writes.entries()) {
      onProgress?.(() => `writing ${index + 1}/${writes.length}  ${path}`)
      const file = incoming.get(path)
      if (step === 'prune') await rm(join(into, path), { force: true })
      else if (file) await writeWhole(into, path, file.bytes)
    }
    // Last, so that what it says is there is there.
    if (changed) await writeWhole(into, MANIFEST_NAME, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`))
  }
  return {
    origin,
    licences: licences.map(({ path }) => path),
    dryRun,
    files,
    rules: sorted.rules,
    needsPlaceholders: sorted.needsPlaceholders,
    filtered: sorted.filtered,
    rejected: [...sorted.rejected, ...skipped],
    notRules: sorted.notRules,
    changed: changed || writes.length > 0,
  }
}

function sortOut(found: readonly SourceFile[], choice: Choice, onProgress: ImportOptions['onProgress']) {
  const taken: SourceFile[] = []
  const leftOut = new Map<string, 'filtered' | 'rejected'>()
  const rejected: { path: string; reason: string }[] = []
  const needsPlaceholders: string[] = []
  const counts = { rules: 0, filtered: 0, notRules: 0 }
  for (const [index, file] of found.entries()) {
    onProgress?.(() => `checking ${index + 1}/${found.length}  ${file.path}`)
    const chosen = choose(file, choice)
    switch (chosen.kind) {
      case 'taken':
        taken.push(file)
        counts.rules += chosen.rules
        if (chosen.needsPlaceholders) needsPlaceholders.push(file.path)
        break
      case 'filtered':
        leftOut.set(file.path, 'filtered')
        counts.filtered++
        break
      case 'rejected':
        leftOut.set(file.path, 'rejected')
        rejected.push({ path: file.path, reason: chosen.reason })
        break
      case 'other':
        counts.notRules++
    }
  }
  return { taken, leftOut, rejected, needsPlaceholders, ...counts }
}

async function localHashes(folder: string, paths: readonly string[]): Promise<Map<string, string>> {
  const hashes = new Map<string, string>()
  for (const path of new Set(paths)) {
    try {
      hashes.set(path, sha256(await readFile(join(folder, path))))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))) throw error
    }
  }
  return hashes
}

/** Another project's rules in the same folder would mark all that lie there as removed. */
function refuseOtherSource(known: Manifest, files: readonly Planned[], into: string): void {
  const current = Object.entries(known.files).filter(([path, { removed }]) => removed === undefined && !known.licences.includes(path)).length
  const gone = files.filter(
    ({ path, step, because }) => (step === 'remove' || step === 'prune') && because === 'upstream' && !known.licences.includes(path),
  ).length
  if (gone > current / 2)
    throw new ImportRefused(
      `${gone} of the ${current} rule files in ${into} (from ${known.source.name}) are not in this source; import it into another folder, or use --force if they are really gone`,
    )
}

function manifestAfter(
  { choice, now }: ImportOptions,
  origin: Origin,
  licences: readonly SourceFile[],
  incoming: ReadonlyMap<string, SourceFile>,
  files: readonly Planned[],
  known: Manifest | undefined,
): Manifest {
  const entries = files.flatMap(({ path, step, because }): [string, Manifest['files'][string]][] => {
    const file = incoming.get(path)
    const before = known && Object.hasOwn(known.files, path) ? known.files[path] : undefined
    if (step === 'prune') return []
    // What was kept against the source is remembered as it was then: the difference shows again next time.
    if (step === 'keep' || step === 'conflict') return before ? [[path, { sha256: before.sha256 }]] : []
    if (step === 'remove' || step === 'removed') return before ? [[path, { ...before, removed: because ?? before.removed }]] : []
    return file ? [[path, { sha256: sha256(file.bytes) }]] : []
  })
  return {
    format: 1,
    source: JSON.parse(JSON.stringify(origin)),
    licences: licences.map(({ path }) => path),
    imported_at: now.toISOString(),
    filters: JSON.parse(JSON.stringify({ min_level: choice.minLevel, status: choice.status })),
    files: Object.fromEntries(entries),
  }
}

/** Writes a file whole or not at all, and only below the folder, even where a link in it leads elsewhere. */
async function writeWhole(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  const [root, parent] = [await realpath(folder), await realpath(dirname(file))]
  if (parent !== root && !parent.startsWith(`${root}${sep}`))
    throw new ImportRefused(`${file} is reached through a link that leads out of ${folder}; remove the link`)
  const temporary = `${file}.importing`
  await writeFile(temporary, bytes)
  await rename(temporary, file)
}
