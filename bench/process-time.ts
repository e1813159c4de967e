import { readdirSync, readFileSync } from 'node:fs'

/** The kernel's clock ticks per second, fixed for user space on Linux. */
const TICKS = 100

/** Processor time in seconds that a process and its descendants have used. Zero where /proc is not there. */
export function processTree(pid: number): { seconds: number; rssBytes: number } {
  const parents = new Map<number, number>()
  const stats = new Map<number, { seconds: number; rssBytes: number }>()
  for (const name of safeList('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const text = safeRead(`/proc/${name}/stat`)
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    parents.set(Number(name), Number(fields[1]))
    stats.set(Number(name), { seconds: (Number(fields[11]) + Number(fields[12])) / TICKS, rssBytes: Number(fields[21]) * 4_096 })
  }
  const isInside = (each: number): boolean => each === pid || (parents.has(each) && each > 1 && isInside(parents.get(each) ?? 0))
  const inside = [...stats].filter(([each]) => isInside(each)).map(([, stat]) => stat)
  return { seconds: inside.reduce((sum, each) => sum + each.seconds, 0), rssBytes: inside.reduce((sum, each) => sum + each.rssBytes, 0) }
}

const safeList = (path: string): string[] => {
  try {
    return readdirSync(path)
  } catch {
    return [] // Not Linux: the figures are left out.
  }
}

const safeRead = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ') x 0' // The process ended between the listing and the reading.
  }
}

/** Processor seconds and resident bytes of one process alone. */
export function ownProcess(pid: number): { seconds: number; rssBytes: number } {
  const text = safeRead(`/proc/${pid}/stat`)
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { seconds: (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS, rssBytes: Number(fields[21] ?? 0) * 4_096 }
}
