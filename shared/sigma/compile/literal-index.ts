import { createAutomaton } from './automaton.ts'
import { fold } from './fold.ts'
import type { Literal } from './literal.ts'

/** All literals that rules ask of one field. A value is put to all of them at once. */
export interface LiteralIndex {
  /** Calls `found` with the numbers of literals that hold for the value as written, ignoring case; a number may come more than once. */
  find(value: string, found: Found): void
}

type Found = (numbers: Int32Array) => void
type Words = Map<string, number[]>

export function createLiteralIndex(entries: Iterable<readonly [Literal, number]>): LiteralIndex {
  const words: Record<Literal['place'], Words> = { equals: new Map(), startswith: new Map(), endswith: new Map(), contains: new Map() }
  const always = new Set<number>()
  for (const [{ place, text }, number] of entries) {
    if (text === '' && place !== 'equals') always.add(number)
    else add(words[place], place === 'endswith' ? reversed(text) : text, number)
  }
  const equals = new Map([...words.equals].map(([text, numbers]) => [text, Int32Array.from(numbers)]))
  const starts = words.startswith.size > 0 ? createAutomaton(words.startswith, 'trie') : undefined
  const ends = words.endswith.size > 0 ? createAutomaton(words.endswith, 'trie') : undefined
  const inside = words.contains.size > 0 ? createAutomaton(words.contains, 'search') : undefined
  const any = always.size > 0 ? Int32Array.from(always) : undefined
  let longest = 0
  for (const text of equals.keys()) longest = Math.max(longest, text.length)
  const parts = (value: string, folded: boolean, found: Found): boolean =>
    (starts?.prefixes(value, folded, found) ?? true) &&
    (ends?.suffixes(value, folded, found) ?? true) &&
    (inside?.search(value, folded, found) ?? true)
  return {
    find(value, found) {
      if (value.length <= longest) {
        const same = equals.get(fold(value))
        if (same) found(same)
      }
      // Folding makes a copy of the value; nearly all are ASCII and need none.
      if (!parts(value, false, found)) parts(fold(value), true, found)
      if (any) found(any)
    },
  }
}

function add(words: Words, word: string, number: number): void {
  const numbers = words.get(word)
  if (!numbers) words.set(word, [number])
  else if (!numbers.includes(number)) numbers.push(number)
}

/** By code unit, the way the automaton walks a value from its end. */
const reversed = (text: string): string => {
  let result = ''
  for (let i = text.length - 1; i >= 0; i--) result += text.charAt(i)
  return result
}
