import { type Document, isAlias, isCollection, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, visit } from 'yaml'
import { messageOf } from '../../errors.ts'
import { RuleFault, type RulePath } from './fault.ts'
import { readPlainYaml } from './plain-yaml.ts'

/** How often aliases may be followed in one document: real rules use none, a YAML bomb millions. */
const ALIAS_LIMIT = 100
/** `<<` merges are followed once more for each that leads to them, so nested ones multiply; rules use none. */
const MERGE_LIMIT = 16
/** Text of one file that the full reader is given, in characters: half a million can take it two seconds. */
const FULL_READER_LIMIT = 500_000
/** Maps and lists inside one another; rules have some six. */
const DEPTH_LIMIT = 100
const TOO_DEEP = `the document is nested deeper than ${DEPTH_LIMIT} levels of maps and lists; a rule needs fewer than ten`
/** Documents of one file. */
const DOCUMENT_LIMIT = 20_000

export type DocumentContent = Readonly<Record<string, unknown>>

/** One YAML document of a rule file. */
export interface RuleDocument {
  /** Undefined where `fault` says why the document cannot be read. */
  readonly content?: DocumentContent | undefined
  readonly fault?: RuleFault | undefined
  /** 1-based line in the file of the document's first line that holds something. */
  readonly line: number
  /** The document as written, without comments before it and without space around it. */
  readonly source: string
  /** The 1-based line of what `path` leads to: a map's entry where its key is, a list's where the value is. Of a path that does not exist, its nearest part. */
  lineOf(path: RulePath): number
}

/**
 * Splits a file into its YAML documents and reads each. Empty documents are left out. Never throws.
 *
 * Nearly all are read by `readPlainYaml`; the others, and all that are faulty, by the `yaml` library. Lines are looked for only when asked.
 */
export function documentsIn(text: string): RuleDocument[] {
  const reading: Reading = { text, lines: createLineCursor(text), left: FULL_READER_LIMIT }
  const chunks = chunksOf(text)
  const documents = chunks.slice(0, DOCUMENT_LIMIT).flatMap((chunk) => plainDocument(reading, chunk) ?? fullDocuments(reading, chunk))
  const [next] = chunks[DOCUMENT_LIMIT] ?? []
  if (next !== undefined) {
    const line = reading.lines.lineAt(next)
    const fault = new RuleFault('too_large', `the file has more than ${DOCUMENT_LIMIT} YAML documents; split it`)
    documents.push({ fault, line, source: '', lineOf: () => line })
  }
  return documents
}

/** One file being read. */
interface Reading {
  readonly text: string
  readonly lines: LineCursor
  /** Characters the full reader may still be given. */
  left: number
}

/** A stretch of the file, from and to an offset. */
type Chunk = readonly [from: number, to: number]

/** The file cut at its `---` lines, which no value can contain. Files with directives, `...` or content beside a `---` stay whole for the library. */
function chunksOf(text: string): Chunk[] {
  if (!/^(?:---|\.\.\.|%)/m.test(text)) return [[0, text.length]]
  if (/^(?:%|\.\.\.|---[^\s]|---[ \t]+[^\s#])/m.test(text)) return [[0, text.length]]
  const chunks: Chunk[] = []
  let from = 0
  for (const marker of text.matchAll(/^---.*$/gm)) {
    chunks.push([from, marker.index])
    from = marker.index + marker[0].length
  }
  chunks.push([from, text.length])
  return chunks
}

function plainDocument(reading: Reading, [from, to]: Chunk): RuleDocument[] | undefined {
  const { text, lines } = reading
  const whole = from === 0 && to === text.length
  // YAML reads each kind of line break as one line feed.
  const original = whole ? text : text.slice(from, to)
  const unified = original.includes('\r\n') ? original.replaceAll('\r\n', '\n') : original
  const document = readPlainYaml(unified)
  if (!document) return undefined
  if (!document.content) return []
  // Places were found in the unified text; in the original each line before them is one character longer.
  const placeOf = (offset: number) => from + (unified === original ? offset : originalOffset(original, offset))
  const start = placeOf(document.start)
  const source = text.slice(start, placeOf(document.end)).trimEnd()
  const line = lines.lineAt(start)
  const lineOf = (path: RulePath) => {
    // Only a faulty document is read again for its places; a file of thousands of them gets the first line of each.
    reading.left -= source.length
    return reading.left < 0 ? line : line - 1 + lineFinder(source)(path)
  }
  return [{ content: document.content, line, source, lineOf }]
}

/** Where in a text with `\r\n` the character is that stands at `offset` once they are `\n`. */
function originalOffset(original: string, offset: number): number {
  let at = 0
  for (let left = offset; left > 0; left--) at += original.charCodeAt(at) === 0x0d && original.charCodeAt(at + 1) === 0x0a ? 2 : 1
  return at
}

interface LineCursor {
  /** The 1-based line of an offset; offsets must be asked for in ascending order. */
  lineAt(offset: number): number
}

function createLineCursor(text: string): LineCursor {
  let line = 1
  let at = 0
  return {
    lineAt(offset) {
      for (let found = text.indexOf('\n', at); found >= 0 && found < offset; found = text.indexOf('\n', at)) {
        line++
        at = found + 1
      }
      return line
    },
  }
}

type FullDocument = Document.Parsed

function fullDocuments(reading: Reading, [from, to]: Chunk): RuleDocument[] {
  const { text, lines } = reading
  const at = lines.lineAt(from)
  const chunk = text.slice(from, to)
  const refused = (reason: string): RuleDocument[] => {
    const start = chunk.search(/\S/)
    const line = start < 0 ? at : lines.lineAt(from + start)
    return [{ fault: new RuleFault('yaml', reason), line, source: chunk.trim(), lineOf: () => line }]
  }
  if (chunk.length > reading.left)
    return refused(
      `the file has more than ${FULL_READER_LIMIT} characters of unusual YAML; write it as plain block maps and lists, or split the file`,
    )
  reading.left -= chunk.length
  const counter = new LineCounter()
  const lineAt = (offset: number) => at - 1 + counter.linePos(offset).line
  try {
    return parseFully(chunk, counter).flatMap((document): RuleDocument[] => {
      const start = startOf(document, chunk)
      const place = {
        line: lineAt(start),
        source: chunk.slice(start, document.range[1]).trim(),
        lineOf: (path: RulePath) => lineAt(offsetOf(document, path) ?? start),
      }
      try {
        const content = contentOf(document, lineAt)
        return content ? [{ ...place, content }] : []
      } catch (error) {
        return [{ ...place, fault: error instanceof RuleFault ? error : new RuleFault('yaml', messageOf(error)) }]
      }
    })
  } catch (error) {
    return refused(error instanceof RangeError ? TOO_DEEP : messageOf(error))
  }
}

function parseFully(chunk: string, lineCounter: LineCounter): FullDocument[] {
  // Keys given twice are looked for below: the library compares each key with all before it.
  const options = { intAsBigInt: true, merge: true, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const
  const parsed = parseAllDocuments(chunk, { ...options, lineCounter })
  return Array.isArray(parsed) ? parsed : []
}

/** The document as plain data; undefined where it is empty. */
function contentOf(document: FullDocument, lineAt: (offset: number) => number): DocumentContent | undefined {
  const [error] = document.errors
  // How the library reports that its recursion came to the stack's end.
  if (error?.message.startsWith('Maximum call stack')) throw new RuleFault('yaml', TOO_DEEP)
  if (error) throw new RuleFault('yaml', error.message, { line: lineAt(error.pos[0]) })
  refuseShape(document, lineAt)
  const content: unknown = document.toJS({ maxAliasCount: ALIAS_LIMIT })
  if (content === null || content === undefined) return undefined
  if (typeof content !== 'object' || Array.isArray(content)) throw new RuleFault('yaml', 'the document is not a map')
  return Object.fromEntries(Object.entries(content))
}

/** Refuses keys that stand twice in one map, more merges than a rule can mean, and nesting that is too deep. */
function refuseShape(document: FullDocument, lineAt: (offset: number) => number): void {
  let merged = 0
  const refuseDeep = (above: readonly unknown[], node: Node) => {
    if (above.length <= DEPTH_LIMIT || above.filter(isCollection).length < DEPTH_LIMIT) return
    throw new RuleFault('yaml', TOO_DEEP, node.range ? { line: lineAt(node.range[0]) } : {})
  }
  visit(document, {
    Seq: (_, list, above) => refuseDeep(above, list),
    Map(_, map, above) {
      refuseDeep(above, map)
      const known = new Set<unknown>()
      for (const { key } of map.items) {
        const value = isScalar(key) ? key.value : key
        if (value !== '<<' && known.has(value)) {
          const offset = isScalar(key) ? key.range?.[0] : undefined
          throw new RuleFault('yaml', `the key "${String(value)}" stands twice in one map`, offset === undefined ? {} : { line: lineAt(offset) })
        }
        known.add(value)
      }
    },
    Pair(_, pair) {
      if (!isScalar(pair.key) || pair.key.value !== '<<') return
      merged += isSeq(pair.value) ? pair.value.items.filter(isAlias).length : 1
      if (merged > MERGE_LIMIT) throw new RuleFault('yaml', `the document merges ("<<") more than ${MERGE_LIMIT} times`)
    },
  })
}

/** Offset of the document's first line that holds something: comments and `---` before it are not the rule. */
function startOf(document: FullDocument, text: string): number {
  const start = document.contents?.range?.[0] ?? document.range[0]
  const found = /\S/.exec(text.slice(start, start + 10_000))
  return start + (found?.index ?? 0)
}

/** Finds the 1-based lines, within a document's own text, of what paths lead to. The text is read when the first is asked for. */
export function lineFinder(source: string): (path: RulePath) => number {
  const counter = new LineCounter()
  let document: FullDocument | undefined
  return (path) => {
    document ??= parseFully(source, counter)[0]
    return counter.linePos((document && offsetOf(document, path)) ?? 0).line
  }
}

function offsetOf(document: FullDocument, path: RulePath): number | undefined {
  let node: Node | null | undefined = document.contents
  let offset = node?.range?.[0]
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document)
    const found: unknown = isMap(node)
      ? node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(step))
      : isSeq(node)
        ? node.items[Number(step)]
        : undefined
    if (isPair(found)) {
      offset = isScalar(found.key) ? (found.key.range?.[0] ?? offset) : offset
      node = nodeOf(found.value)
    } else {
      node = nodeOf(found)
      if (!node) return offset
      offset = node.range?.[0] ?? offset
    }
  }
  return offset
}

const nodeOf = (value: unknown): Node | undefined => (isMap(value) || isSeq(value) || isScalar(value) || isAlias(value) ? value : undefined)
