import { createEventReader } from '../compile/event-reader.ts'
import { ANY_KEY, type Field, readField, textsIn } from '../compile/field.ts'
import { fold } from '../compile/fold.ts'
import { literalIn, longestStretch } from '../compile/literal.ts'
import { predicateFor } from '../compile/predicate.ts'
import type { Test } from '../parse/detection.ts'
import { cut } from './cut.ts'

/** Where a field was found in the event, and what it holds, for people. */
export interface Found {
  readonly path?: string | undefined
  readonly value?: string | undefined
}

/** Depth and number of values in which a keyword's place is looked for. */
const DEPTH_LIMIT = 32
const VALUES_LIMIT = 20_000
/** Elements of an array, and names of an object's fields, that are shown. */
const LISTED_LIMIT = 20

/** The field of a document made of one text. */
const ONE_TEXT: Field = { id: 0, paths: [['text']], everything: false }

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/**
 * The field's place and value in the document; nothing where it is absent.
 *
 * @param decisive - the test that held, where one did: of an array the element that made it hold is shown, of a long text the part
 */
export function findField(document: object, field: Field, decisive: Test | undefined): Found {
  for (const path of field.paths.flatMap((each) => spelledOut(document, each))) {
    const value = readField(document, { id: 0, paths: [path], everything: false })
    if (value !== undefined) return { path: path.join('.'), value: shown(value, decisive) }
  }
  return {}
}

/** Where a keyword stands in the document; nothing where it does not. */
export function findKeyword(document: object, decisive: Test | undefined): Found {
  const test = decisive && testOfText(decisive)
  if (!test) return {}
  let seen = 0
  const visit = (value: unknown, path: readonly string[]): Found | undefined => {
    if (seen >= VALUES_LIMIT) return undefined
    if (!isObject(value)) {
      seen++
      const text = textsIn(value)
      return typeof text === 'string' && test(text) ? { path: path.join('.'), value: shown(text, decisive) } : undefined
    }
    if (path.length >= DEPTH_LIMIT) return undefined
    for (const key in value) {
      const found = visit(value[key], [...path, key])
      if (found) return found
    }
    return undefined
  }
  return visit(document, []) ?? {}
}

/** The path with the step that stands for any key replaced by each key there is. */
function spelledOut(document: object, path: readonly string[]): readonly (readonly string[])[] {
  const at = path.indexOf(ANY_KEY)
  if (at < 0) return [path]
  const parent = readField(document, { id: 0, paths: [path.slice(0, at)], everything: false })
  return isObject(parent) ? Object.keys(parent).map((key) => path.with(at, key)) : []
}

function shown(value: unknown, decisive: Test | undefined): string {
  if (value === null) return 'null'
  const texts = textsIn(value)
  if (typeof texts === 'string') return cut(texts, decisive ? placeIn(texts, decisive) : 0)
  const test = decisive && testOfText(decisive)
  const element = test ? texts?.find(test) : undefined
  if (element !== undefined) return shown(element, decisive)
  if (texts && texts.length > 0) return cut(texts.slice(0, LISTED_LIMIT).join(', '))
  if (Array.isArray(value) || !isObject(value)) return '[]'
  return cut(`{ ${Object.keys(value).slice(0, LISTED_LIMIT).join(', ')} }`)
}

/** The test put to one text, for the kinds that rest on the text alone. */
function testOfText(test: Test): ((text: string) => boolean) | undefined {
  if (test.kind === 'field' || test.kind === 'exists' || test.kind === 'null') return undefined
  const predicate = predicateFor(ONE_TEXT, test, () => ONE_TEXT)
  const reader = createEventReader([ONE_TEXT])
  return (text) => {
    reader.begin({ text })
    return predicate.evaluate(reader)
  }
}

/** Where in the text the part lies that the test is about. */
function placeIn(text: string, test: Test): number {
  if (test.kind !== 'text') return 0
  const literal = literalIn(test.pattern)
  if (literal?.place === 'endswith') return Math.max(0, text.length - literal.text.length)
  return Math.max(0, fold(text).indexOf(fold(longestStretch(test.pattern))))
}
