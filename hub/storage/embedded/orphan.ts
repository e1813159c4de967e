import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** @returns parent's pid and command line of a live process; undefined for one that is gone */
function inspect(pid: number): { parent: number; command: string } | undefined {
  try {
    if (existsSync('/proc/self/stat')) {
      // The name in brackets may hold spaces and brackets itself; the fields after its last `)` are state and parent.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (state === 'Z') return undefined
      return { parent: Number(parent), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') }
    }
    const line = execFileSync('ps', ['-o', 'ppid=,command=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    const space = line.indexOf(' ')
    return space < 0 ? undefined : { parent: Number(line.slice(0, space)), command: line.slice(space + 1) }
  } catch {
    return undefined // No such process: both ways of asking say so by failing.
  }
}

/** The server that runs on `cluster`, by its pid file; undefined where the file is stale or absent. */
export function runningServer(cluster: string): { pid: number; parent: number } | undefined {
  const file = join(cluster, 'postmaster.pid')
  if (!existsSync(file)) return undefined
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
  if (!(pid > 0)) return undefined
  const found = inspect(pid)
  // A pid is reused after a reboot; only a process started on this very cluster counts.
  return found?.command.includes(cluster) ? { pid, parent: found.parent } : undefined
}

/**
 * Removes a pid file that names a living process which is no server on `cluster`: after a reboot the number may be anybody's, and PostgreSQL would take that
 * process for a server of its own and refuse to start. One that names nobody is left for PostgreSQL, which also looks whether the old server's memory is still in use.
 */
export function removeForeignPidFile(cluster: string): void {
  const file = join(cluster, 'postmaster.pid')
  if (!existsSync(file) || runningServer(cluster)) return
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
  if (pid > 0 && inspect(pid)) rmSync(file)
}

/** Ends a server by its pid: "fast" first (SIGINT: roll back, checkpoint), "immediate" (SIGQUIT) when that takes over 15 s. */
export async function stopServer(pid: number): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGINT', 15_000],
    ['SIGQUIT', 10_000],
    ['SIGKILL', 5_000],
  ] as const) {
    try {
      process.kill(pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return
      throw error
    }
    for (let waited = 0; waited < waitMs; waited += 20) {
      if (!inspect(pid)) return
      await sleep(20)
    }
  }
  throw new Error(`PostgreSQL (process ${pid}) does not stop`)
}
