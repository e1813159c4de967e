/**
 * Finds which of many words a text holds, in one pass. Words are in folded form and carry lists of numbers (`outputs`), reported as they are found.
 *
 * The text may be as written as long as it is ASCII, where case is ignored on the way; at the first character beyond that a search
 * of unfolded text gives up and says so.
 */
export interface Automaton {
  /**
   * Calls `found` with the outputs of every word that ends somewhere in the text.
   * @returns false where it gave up, having reported only a part
   */
  search(text: string, folded: boolean, found: Found): boolean
  /** The same for words the text begins with; stops at the first character no word goes on with. */
  prefixes(text: string, folded: boolean, found: Found): boolean
  /** The same for words, given reversed, that the text ends with. */
  suffixes(text: string, folded: boolean, found: Found): boolean
}

type Found = (outputs: Int32Array) => void

/** The root. No word leads back to it, so in a tree it also stands for "no word goes on like this". */
const ROOT = 0

/**
 * Builds the automaton as one table, a row per state and a column per character that occurs in a word; every other
 * character shares column 0.
 *
 * @param kind - `search` makes an Aho-Corasick automaton for `search`; `trie` only the words' tree, for the other two
 */
export function createAutomaton(words: ReadonlyMap<string, readonly number[]>, kind: 'search' | 'trie'): Automaton {
  const { columnOf, columns } = columnsOf(words.keys())
  const ascii = new Uint16Array(128)
  const beyond = new Map<number, number>()
  for (const [code, column] of columnOf) {
    if (code < 128) ascii[code] = column
    else beyond.set(code, column)
  }
  for (let code = 0x41; code <= 0x5a; code++) ascii[code] = ascii[code + 0x20] ?? 0
  const { table, outputs } = kind === 'search' ? withFailures(treeOf(words, columnOf, columns), columns) : treeOf(words, columnOf, columns)
  const lists = outputs.map((list) => (list ? Int32Array.from(list) : undefined))
  const walk = (text: string, folded: boolean, found: Found, start: number, step: 1 | -1, whileKnown: boolean): boolean => {
    let state = ROOT
    for (let i = start; i >= 0 && i < text.length; i += step) {
      const code = text.charCodeAt(i)
      if (code > 127 && !folded) return false
      const column = code < 128 ? ascii[code] : beyond.get(code)
      state = table[state * columns + (column ?? 0)] ?? ROOT
      if (whileKnown && state === ROOT) return true
      const list = lists[state]
      if (list !== undefined) found(list)
    }
    return true
  }
  return {
    search: (text, folded, found) => walk(text, folded, found, 0, 1, false),
    prefixes: (text, folded, found) => walk(text, folded, found, 0, 1, true),
    suffixes: (text, folded, found) => walk(text, folded, found, text.length - 1, -1, true),
  }
}

function columnsOf(words: Iterable<string>): { columnOf: Map<number, number>; columns: number } {
  const columnOf = new Map<number, number>()
  for (const word of words) {
    for (let i = 0; i < word.length; i++) {
      const code = word.charCodeAt(i)
      if (!columnOf.has(code)) columnOf.set(code, columnOf.size + 1)
    }
  }
  return { columnOf, columns: columnOf.size + 1 }
}

interface Tree {
  readonly table: Uint16Array | Int32Array
  readonly outputs: (number[] | undefined)[]
}

function treeOf(words: ReadonlyMap<string, readonly number[]>, columnOf: ReadonlyMap<number, number>, columns: number): Tree {
  // Steps are gathered first, so that the table is made once, at its size, and in two bytes a state where that is enough.
  const steps = new Map<number, number>()
  const outputs: (number[] | undefined)[] = [undefined]
  for (const [word, numbers] of words) {
    let state = ROOT
    for (let i = 0; i < word.length; i++) {
      const slot = state * columns + (columnOf.get(word.charCodeAt(i)) ?? 0)
      const next = steps.get(slot) ?? outputs.push(undefined) - 1
      steps.set(slot, next)
      state = next
    }
    outputs[state] = [...(outputs[state] ?? []), ...numbers]
  }
  const size = outputs.length * columns
  const table = outputs.length <= 0x10000 ? new Uint16Array(size) : new Int32Array(size)
  for (const [slot, next] of steps) table[slot] = next
  return { table, outputs }
}

/** Turns the tree into Aho and Corasick's automaton, with every failure already written into the table. */
function withFailures({ table, outputs }: Tree, columns: number): Tree {
  const fail = new Int32Array(outputs.length)
  const queue: number[] = []
  for (let column = 0; column < columns; column++) {
    const next = table[column] ?? ROOT
    if (next !== ROOT) queue.push(next)
  }
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] ?? ROOT
    const back = fail[state] ?? ROOT
    const inherited = outputs[back]
    if (inherited) outputs[state] = [...new Set([...(outputs[state] ?? []), ...inherited])]
    for (let column = 0; column < columns; column++) {
      const slot = state * columns + column
      const next = table[slot] ?? ROOT
      const around = table[back * columns + column] ?? ROOT
      if (next === ROOT) table[slot] = around
      else {
        fail[next] = around
        queue.push(next)
      }
    }
  }
  return { table, outputs }
}
