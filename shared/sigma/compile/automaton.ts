/** Finds which of many words a text holds, in one pass. Words carry lists of numbers (`outputs`), reported as they are found. */
export interface Automaton {
  /** Calls `found` with the outputs of every word that ends somewhere in the text. */
  search(text: string, found: (outputs: Int32Array) => void): void
  /** The same for words the text begins with; stops at the first character no word goes on with. */
  prefixes(text: string, found: (outputs: Int32Array) => void): void
  /** The same for words, given reversed, that the text ends with. */
  suffixes(text: string, found: (outputs: Int32Array) => void): void
}

const DEAD = -1

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
  const { table, outputs } = kind === 'search' ? withFailures(treeOf(words, columnOf, columns), columns) : treeOf(words, columnOf, columns)
  const lists = outputs.map((list) => (list ? Int32Array.from(list) : undefined))
  const column = (code: number): number => (code < 128 ? (ascii[code] ?? 0) : (beyond.get(code) ?? 0))

  return {
    search(text, found) {
      let state = 0
      for (let i = 0; i < text.length; i++) {
        state = table[state * columns + column(text.charCodeAt(i))] ?? 0
        const list = lists[state]
        if (list !== undefined) found(list)
      }
    },
    prefixes(text, found) {
      let state = 0
      for (let i = 0; i < text.length && state !== DEAD; i++) {
        state = table[state * columns + column(text.charCodeAt(i))] ?? DEAD
        const list = lists[state]
        if (list !== undefined) found(list)
      }
    },
    suffixes(text, found) {
      let state = 0
      for (let i = text.length - 1; i >= 0 && state !== DEAD; i--) {
        state = table[state * columns + column(text.charCodeAt(i))] ?? DEAD
        const list = lists[state]
        if (list !== undefined) found(list)
      }
    },
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
  table: Int32Array
  outputs: (number[] | undefined)[]
}

function treeOf(words: ReadonlyMap<string, readonly number[]>, columnOf: ReadonlyMap<number, number>, columns: number): Tree {
  let table = new Int32Array(1_024 * columns).fill(DEAD)
  let states = 1
  const outputs: (number[] | undefined)[] = [undefined]
  for (const [word, numbers] of words) {
    let state = 0
    for (let i = 0; i < word.length; i++) {
      const slot = state * columns + (columnOf.get(word.charCodeAt(i)) ?? 0)
      let next = table[slot] ?? DEAD
      if (next === DEAD) {
        next = states++
        if (states * columns > table.length) {
          const larger = new Int32Array(table.length * 2).fill(DEAD)
          larger.set(table)
          table = larger
        }
        table[slot] = next
        outputs.push(undefined)
      }
      state = next
    }
    outputs[state] = [...(outputs[state] ?? []), ...numbers]
  }
  return { table: table.slice(0, states * columns), outputs }
}

/** Turns the tree into Aho and Corasick's automaton, with every failure already written into the table. */
function withFailures({ table, outputs }: Tree, columns: number): Tree {
  const fail = new Int32Array(outputs.length)
  const queue: number[] = []
  for (let column = 0; column < columns; column++) {
    const next = table[column] ?? DEAD
    if (next === DEAD) table[column] = 0
    else queue.push(next)
  }
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] ?? 0
    const back = fail[state] ?? 0
    const inherited = outputs[back]
    if (inherited) outputs[state] = [...new Set([...(outputs[state] ?? []), ...inherited])]
    for (let column = 0; column < columns; column++) {
      const slot = state * columns + column
      const next = table[slot] ?? DEAD
      const around = table[back * columns + column] ?? 0
      if (next === DEAD) table[slot] = around
      else {
        fail[next] = around
        queue.push(next)
      }
    }
  }
  return { table, outputs }
}
