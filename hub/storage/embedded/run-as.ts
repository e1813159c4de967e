import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSetupError } from '../roles.ts'

/** Whom PostgreSQL runs as. Empty: as ourselves. */
export interface RunAs {
  readonly uid?: number
  readonly gid?: number
}

/** Where a cluster goes whose data directory the unprivileged user cannot reach, such as one under /root. */
export const REACHABLE_BASE = '/var/lib/picket-postgres'

const numericId = (flag: '-u' | '-g', user: string): number | undefined => {
  const found = spawnSync('id', [flag, user], { encoding: 'utf8' })
  const id = Number.parseInt(found.stdout ?? '', 10)
  return found.status === 0 && id > 0 ? id : undefined
}

/**
 * PostgreSQL refuses to run as root, so there an existing unprivileged user lends its id: `picket`, `postgres` or `nobody`.
 * @throws Error where the machine has none of them
 */
export function chooseRunAs(): RunAs {
  if (process.getuid?.() !== 0) return {}
  for (const user of ['picket', 'postgres', 'nobody']) {
    const uid = numericId('-u', user)
    const gid = numericId('-g', user)
    if (uid !== undefined && gid !== undefined) return { uid, gid }
  }
  throw new DatabaseSetupError(
    'PostgreSQL does not run as root and this machine has no user picket, postgres or nobody; add one, or set DATABASE_URL',
  )
}

/** Whether that user can get into `directory`: tried for real, since modes alone do not tell (ACLs, mounts). */
export const canEnter = (directory: string, runAs: RunAs): boolean =>
  runAs.uid === undefined || spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', directory], { ...runAs, cwd: '/', stdio: 'ignore' }).status === 0

/**
 * Gives back a PostgreSQL the user can run: the one given, or a copy of it under REACHABLE_BASE.
 * The copy is named by the package's version folder content (size and time of the server), so an upgrade makes a new one.
 */
export function runnableBinaries(native: string, runAs: RunAs): string {
  if (runAs.uid === undefined) return native
  const runs = (folder: string) => spawnSync(join(folder, 'bin', 'postgres'), ['--version'], { ...runAs, cwd: '/', stdio: 'ignore' }).status === 0
  if (runs(native)) return native
  const { size, mtimeMs } = statSync(join(native, 'bin', 'postgres'))
  const copy = join(REACHABLE_BASE, `binaries-${size.toString(36)}-${Math.round(mtimeMs).toString(36)}`)
  if (!existsSync(copy)) {
    mkdirSync(dirname(copy), { recursive: true, mode: 0o755 })
    const unfinished = `${copy}.${process.pid}`
    rmSync(unfinished, { recursive: true, force: true })
    cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true })
    openUp(unfinished)
    renameSync(unfinished, copy)
  }
  if (!runs(copy)) throw new DatabaseSetupError(`the unprivileged user (uid ${runAs.uid}) cannot run PostgreSQL from ${copy}`)
  return copy
}

/** Readable for everybody, whatever the umask was when npm unpacked it. */
function openUp(folder: string): void {
  const changed = spawnSync('chmod', ['-R', 'a+rX', folder], { stdio: 'ignore' })
  if (changed.status !== 0) throw new DatabaseSetupError(`cannot make ${folder} readable`)
}

/** Makes `directory` belong to the user PostgreSQL runs as, closed to others. */
export function handOver(directory: string, runAs: RunAs): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  chmodSync(directory, 0o700)
  if (runAs.uid !== undefined && runAs.gid !== undefined) chownSync(directory, runAs.uid, runAs.gid)
}
