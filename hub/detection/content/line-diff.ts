/** Cells of the comparison table. Beyond it (two texts of 2,000 wholly different lines) what lies between the equal ends counts as replaced. */
const MOST_CELLS = 4_000_000
const CONTEXT_LINES = 3

type Edit = { readonly kind: ' ' | '-' | '+'; readonly line: string }

/**
 * Two texts compared line by line, as `diff -u` prints it. Empty where they are equal.
 *
 * @param names - what the two are called in the heading
 */
export function unifiedDiff(before: string, after: string, names: readonly [string, string]): string {
  const edits = compare(linesOf(before), linesOf(after))
  const hunks = hunksOf(edits)
  if (hunks.length === 0) return ''
  return [`--- ${names[0]}`, `+++ ${names[1]}`, ...hunks].join('\n')
}

const linesOf = (text: string): string[] => text.replace(/\r?\n$/, '').split(/\r?\n/)

/** The fewest lines out and in, by the longest common subsequence of what lies between the equal beginnings and ends. */
function compare(before: readonly string[], after: readonly string[]): Edit[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let end = 0
  while (end < before.length - start && end < after.length - start && before.at(-1 - end) === after.at(-1 - end)) end++
  const old = before.slice(start, before.length - end)
  const fresh = after.slice(start, after.length - end)
  const same = (lines: readonly string[]): Edit[] => lines.map((line) => ({ kind: ' ', line }))
  return [...same(before.slice(0, start)), ...between(old, fresh), ...same(before.slice(before.length - end))]
}

function between(old: readonly string[], fresh: readonly string[]): Edit[] {
  const out = (line: string): Edit => ({ kind: '-', line })
  const into = (line: string): Edit => ({ kind: '+', line })
  const width = fresh.length + 1
  if ((old.length + 1) * width > MOST_CELLS) return [...old.map(out), ...fresh.map(into)]
  // common[i, j]: length of the longest common subsequence of old from i on and fresh from j on.
  const common = new Uint32Array((old.length + 1) * width)
  const at = (i: number, j: number) => common[i * width + j] ?? 0
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = fresh.length - 1; j >= 0; j--)
      common[i * width + j] = old[i] === fresh[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const edits: Edit[] = []
  let i = 0
  let j = 0
  while (i < old.length || j < fresh.length) {
    const [left, right] = [old[i], fresh[j]]
    if (left !== undefined && left === right) {
      edits.push({ kind: ' ', line: left })
      i++
      j++
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      edits.push(out(left))
      i++
    } else if (right !== undefined) {
      edits.push(into(right))
      j++
    }
  }
  return edits
}

/** Changes with their surroundings, each under its `@@` line; those that lie close together share one. */
function hunksOf(edits: readonly Edit[]): string[] {
  const changed = edits.flatMap((edit, index) => (edit.kind === ' ' ? [] : [index]))
  const ranges: { from: number; to: number }[] = []
  for (const index of changed) {
    const last = ranges.at(-1)
    if (last && index - last.to <= 2 * CONTEXT_LINES) last.to = index
    else ranges.push({ from: index, to: index })
  }
  return ranges.flatMap(({ from, to }) => {
    const start = Math.max(0, from - CONTEXT_LINES)
    const shown = edits.slice(start, to + CONTEXT_LINES + 1)
    const count = (list: readonly Edit[], kind: '-' | '+') => list.filter((edit) => edit.kind === ' ' || edit.kind === kind).length
    const place = (kind: '-' | '+') => {
      const size = count(shown, kind)
      // An empty side is named by the line before it.
      return `${count(edits.slice(0, start), kind) + (size === 0 ? 0 : 1)},${size}`
    }
    return [`@@ -${place('-')} +${place('+')} @@`, ...shown.map(({ kind, line }) => kind + line)]
  })
}
