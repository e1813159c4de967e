import type { ValuePlace, XmlAttribute, XmlElement, XmlFragment, XmlPart } from './binxml-tree.ts'
import type { Budget } from './budget.ts'
import type { ChunkBytes } from './chunk-bytes.ts'
import { EvtxFault } from './fault.ts'
import { nameHash } from './name-hash.ts'

/**
 * Tokens of Microsoft's binary XML, without the bit that says "more follows" (0x40).
 * [MS-EVEN6] 2.2.12 BinXml; for what is stored in files, "Windows XML Event Log (EVTX) format" of the libevtx project.
 */
const END_OF_STREAM = 0x00
const OPEN_ELEMENT = 0x01
const CLOSE_START = 0x02
const CLOSE_EMPTY = 0x03
const END_ELEMENT = 0x04
const VALUE = 0x05
const ATTRIBUTE = 0x06
const CDATA = 0x07
const CHARACTER = 0x08
const ENTITY = 0x09
const PI_TARGET = 0x0a
const PI_DATA = 0x0b
const TEMPLATE_INSTANCE = 0x0c
const OPTIONAL_SUBSTITUTION = 0x0e
const FRAGMENT_HEADER = 0x0f
const MORE = 0x40

/** Elements inside elements. Windows writes fewer than ten; JSON and the matcher walk what comes out, and their stacks end too. */
const DEPTH_LIMIT = 64
const TEMPLATE_HEADER_BYTES = 24
const NO_DEPENDENCY_BYTES = 2

const STRING_TYPE = 0x01
/** Bytes of values written inside the XML, by type. Strings carry their length. */
const FIXED_SIZES: { readonly [type: number]: number } = {
  3: 1,
  4: 1,
  5: 2,
  6: 2,
  7: 4,
  8: 4,
  9: 8,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  15: 16,
  17: 8,
  18: 16,
  20: 4,
  21: 8,
}

/** What providers call their elements; a damaged name still is one, but for a letter. */
const LOOKS_LIKE_A_NAME = /^[A-Za-z_][\w.:-]+$/

const ENTITIES: { readonly [name: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

export interface BinXmlReader {
  /**
   * Reads the fragments that lie in [at, end): each one element, with its template's values.
   *
   * @throws {EvtxFault} where the bytes are no binary XML
   */
  fragments(at: number, end: number): readonly XmlFragment[]
}

/** Reads one chunk's binary XML. Names and templates lie anywhere in the chunk and are read once. */
export function createBinXmlReader(bytes: ChunkBytes, budget: Budget, onDoubtfulName: (at: number, name: string) => void): BinXmlReader {
  const names = new Map<number, { name: string; end: number }>()
  /** Undefined while it is being read. */
  const templates = new Map<number, XmlElement | undefined>()

  /** Where the reading is; one for all functions below, for they read on where another stopped. */
  let at = 0
  let end = 0
  let depth = 0
  const deeper = (): void => {
    depth += 1
    if (depth > DEPTH_LIMIT) throw new EvtxFault(at, `elements are nested more than ${DEPTH_LIMIT} deep`)
  }

  const u8 = (): number => {
    at += 1
    if (at > end) throw new EvtxFault(at, 'the XML ends in the middle')
    return bytes.u8(at - 1)
  }
  const u16 = (): number => {
    at += 2
    return bytes.u16(at - 2)
  }
  const u32 = (): number => {
    at += 4
    return bytes.u32(at - 4)
  }
  const peek = (): number => (at < end ? bytes.u8(at) : END_OF_STREAM)
  const counted = (): string => {
    const characters = u16()
    budget.characters(characters)
    const text = bytes.text(at, characters)
    at += characters * 2
    return text
  }

  const nameAt = (offset: number): { name: string; end: number } => {
    const known = names.get(offset)
    if (known) return known
    // Next name in the hash chain (4), hash (2), characters (2), text, terminating zero (2).
    const characters = bytes.u16(offset + 6)
    budget.characters(characters)
    const name = bytes.text(offset + 8, characters)
    if (nameHash(name) !== bytes.u16(offset + 4)) {
      // In slack space, and where a chunk was overwritten, the place holds something else by now.
      if (!LOOKS_LIKE_A_NAME.test(name)) throw new EvtxFault(offset, 'the name it refers to is not where it should be')
      onDoubtfulName(offset, name)
    }
    const read = { name, end: offset + 8 + characters * 2 + 2 }
    names.set(offset, read)
    return read
  }
  /** A name given by its offset; the first use of a name carries it inline, right behind the offset. */
  const name = (): string => {
    const offset = u32()
    const read = nameAt(offset)
    if (offset === at) at = read.end
    return read.name
  }

  const inlineValue = (): XmlPart => {
    const type = u8()
    if (type === STRING_TYPE) return { kind: 'text', text: counted() }
    const size = FIXED_SIZES[type]
    if (size === undefined) throw new EvtxFault(at, `a value of type ${type} cannot stand inside XML`)
    const value: ValuePlace = { type, at, size }
    at += size
    return { kind: 'value', value }
  }

  /** A part of text or an attribute's value; undefined where another kind of token comes. */
  const textPart = (): XmlPart | undefined => {
    const token = peek() & ~MORE
    if (token < VALUE || token === ATTRIBUTE || token > OPTIONAL_SUBSTITUTION || token === TEMPLATE_INSTANCE) return undefined
    at += 1
    budget.node()
    switch (token) {
      case VALUE:
        return inlineValue()
      case CDATA:
        return { kind: 'text', text: counted() }
      case CHARACTER:
        return { kind: 'text', text: String.fromCharCode(u16()) }
      case ENTITY: {
        const entity = name()
        return { kind: 'text', text: ENTITIES[entity] ?? `&${entity};` }
      }
      case PI_TARGET:
        name()
        return { kind: 'text', text: '' }
      case PI_DATA:
        counted()
        return { kind: 'text', text: '' }
      default: {
        // 0x0d, or 0x0e where the part may be absent. Both are left out where the value is null, as evtx_dump does.
        const index = u16()
        u8() // The type the author expected; the value itself says what it is.
        return { kind: 'substitution', index }
      }
    }
  }

  /** Attributes and content of an element whose opening token has been read. */
  const element = (hasAttributes: boolean): XmlElement => {
    budget.node()
    // Some writers leave the dependency identifier out inside embedded XML; what follows must then be a size that fits.
    if (bytes.u32(at + NO_DEPENDENCY_BYTES) <= bytes.length) at += NO_DEPENDENCY_BYTES
    u32() // The element's size; the tokens themselves say where it ends.
    const elementName = name()
    const attributes: XmlAttribute[] = []
    if (hasAttributes) {
      u32() // The list's size.
      while ((peek() & ~MORE) === ATTRIBUTE) {
        at += 1
        budget.node()
        const attributeName = name()
        const value: XmlPart[] = []
        textInto(value)
        attributes.push({ name: attributeName, value })
      }
    }
    const close = u8()
    if (close === CLOSE_EMPTY) return { name: elementName, attributes, content: [] }
    if (close !== CLOSE_START) throw new EvtxFault(at - 1, `token ${close} where the start of <${elementName}> should end`)
    return { name: elementName, attributes, content: content() }
  }
  const textInto = (parts: XmlPart[]): void => {
    for (let part = textPart(); part; part = textPart()) parts.push(part)
  }
  const content = (): XmlPart[] => {
    const parts: XmlPart[] = []
    deeper()
    for (;;) {
      textInto(parts)
      const token = u8()
      if (token === END_ELEMENT) {
        depth -= 1
        return parts
      }
      if ((token & ~MORE) === OPEN_ELEMENT) parts.push({ kind: 'element', element: element((token & MORE) !== 0) })
      else if (token === TEMPLATE_INSTANCE) parts.push({ kind: 'fragment', fragment: templateInstance() })
      else if (token === FRAGMENT_HEADER) at += 3
      else throw new EvtxFault(at - 1, `unknown token ${token}`)
    }
  }

  const templateInstance = (): XmlFragment => {
    u8()
    const id = u32()
    const offset = u32()
    const size = bytes.u32(offset + TEMPLATE_HEADER_BYTES - 4)
    bytes.check(offset + TEMPLATE_HEADER_BYTES, size)
    if (bytes.u32(offset + 4) !== id) throw new EvtxFault(at, 'the template it names is not where it should be')
    // The first record to use a template carries it.
    if (offset === at) at += TEMPLATE_HEADER_BYTES + size
    return { element: template(offset, size), values: valuePlaces() }
  }
  const template = (offset: number, size: number): XmlElement => {
    const known = templates.get(offset)
    if (known) return known
    if (templates.has(offset)) throw new EvtxFault(offset, 'a template contains itself')
    templates.set(offset, undefined)
    const back = { at, end, depth }
    try {
      deeper()
      at = offset + TEMPLATE_HEADER_BYTES
      end = at + size
      const [only] = sequence()
      if (!only || only.values.length > 0) throw new EvtxFault(offset, 'the template has no element of its own')
      templates.set(offset, only.element)
      return only.element
    } catch (error) {
      // A record's budget may be what ran out; the next record has its own and tries again.
      if (error instanceof EvtxFault) templates.delete(offset)
      throw error
    } finally {
      at = back.at
      end = back.end
      depth = back.depth
    }
  }
  const valuePlaces = (): ValuePlace[] => {
    const count = u32()
    if (count * 4 > end - at) throw new EvtxFault(at, `${count} values are more than the record can hold`)
    let place = at + count * 4
    const values: ValuePlace[] = []
    for (let i = 0; i < count; i++) {
      budget.node()
      const size = u16()
      const type = u8()
      u8()
      values.push({ type, at: place, size })
      place += size
    }
    if (place > end) throw new EvtxFault(at, 'the values reach beyond the record')
    at = place
    return values
  }

  const sequence = (): XmlFragment[] => {
    const found: XmlFragment[] = []
    while (at < end) {
      const token = u8()
      if (token === END_OF_STREAM) break
      if (token === FRAGMENT_HEADER) at += 3
      else if (token === TEMPLATE_INSTANCE) found.push(templateInstance())
      else if ((token & ~MORE) === OPEN_ELEMENT) found.push({ element: element((token & MORE) !== 0), values: [] })
      else if (token === PI_TARGET) name()
      else if (token === PI_DATA) counted()
      else throw new EvtxFault(at - 1, `unknown token ${token}`)
    }
    return found
  }

  return {
    fragments(from, to) {
      bytes.check(from, to - from)
      at = from
      end = to
      depth = 0
      return sequence()
    },
  }
}
