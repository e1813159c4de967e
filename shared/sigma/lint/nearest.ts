import { distance } from 'fastest-levenshtein'

/** Slips of the pen: two letters, in short names one. */
const limitFor = (name: string): number => (name.length < 4 ? 0 : name.length < 7 ? 1 : 2)

/** The known name that differs from a name in case only, or by a slip of the pen; undefined where none is that near, or the name is known. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const lower = name.toLowerCase()
  let best: { name: string; distance: number } | undefined
  for (const candidate of known) {
    if (candidate === name) return undefined
    const other = candidate.toLowerCase()
    // Edit distance takes time; lengths tell most names apart.
    if (Math.abs(other.length - lower.length) > 2) continue
    const between = distance(lower, other)
    if (between <= Math.min(limitFor(name), limitFor(candidate)) && (!best || between < best.distance)) best = { name: candidate, distance: between }
    else if (between === 0 && !best) best = { name: candidate, distance: 0 }
  }
  return best?.name
}

/** The known name that differs in case alone; undefined where none does, or the name is known. */
export function sameButForCase(name: string, known: ReadonlySet<string>): string | undefined {
  if (known.has(name)) return undefined
  const lower = name.toLowerCase()
  return [...known].find((candidate) => candidate.toLowerCase() === lower)
}
