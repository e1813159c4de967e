import type { Manifest } from './manifest.ts'

/** What is done with one path. */
export type Step =
  /** Not there yet. */
  | 'add'
  /** There as the last import left it; the source has a newer text. */
  | 'update'
  | 'unchanged'
  /** Changed or removed here, unchanged in the source: stays as it is. */
  | 'keep'
  /** Changed or removed here, and changed in the source: stays as it is, unless forced. */
  | 'conflict'
  /** Was imported, and is no longer taken from the source: marked, and left. */
  | 'remove'
  /** The same, and nobody changed it here: deleted. */
  | 'prune'
  /** Marked before. */
  | 'removed'

export interface Planned {
  readonly path: string
  readonly step: Step
  /** Of `remove` and `prune`: why it is no longer taken. */
  readonly because?: 'upstream' | 'filtered' | 'rejected' | undefined
}

export interface PlanInput {
  /** SHA-256 of each file to import, by path. */
  readonly incoming: ReadonlyMap<string, string>
  /** Files that the source has and that are not taken. */
  readonly leftOut: ReadonlyMap<string, 'filtered' | 'rejected'>
  readonly known: Manifest['files']
  /** SHA-256 of a file here; undefined where there is none. */
  local(path: string): string | undefined
  /** The source's text wins over changes made here. */
  readonly force: boolean
  /** Files no longer taken are deleted, unless they were changed here. */
  readonly prune: boolean
}

/** What an import will do, path by path, in order of paths. */
export function planImport({ incoming, leftOut, known, local, force, prune }: PlanInput): Planned[] {
  const arriving = [...incoming].map(([path, sha256]): Planned => ({ path, step: arrival(sha256, own(known, path), local(path), force) }))
  const leaving = Object.entries(known)
    .filter(([path]) => !incoming.has(path))
    .map(([path, { sha256, removed }]): Planned => {
      const here = local(path)
      const because = leftOut.get(path) ?? 'upstream'
      if (prune && here === sha256) return { path, step: 'prune', because }
      return removed === undefined ? { path, step: 'remove', because } : { path, step: 'removed' }
    })
  return [...arriving, ...leaving].toSorted((left, right) => (left.path < right.path ? -1 : 1))
}

const own = (known: Manifest['files'], path: string): string | undefined => (Object.hasOwn(known, path) ? known[path]?.sha256 : undefined)

/** @param theirs - the source's now; @param before - the source's at the last import; @param here - the file's */
function arrival(theirs: string, before: string | undefined, here: string | undefined, force: boolean): Step {
  if (here === theirs) return 'unchanged'
  if (before === undefined && here === undefined) return 'add'
  if (here !== undefined && here === before) return 'update'
  if (force) return here === undefined ? 'add' : 'update'
  return theirs === before ? 'keep' : 'conflict'
}
