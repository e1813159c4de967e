import { inNetwork } from './addresses.ts'
import { datePart } from './dates.ts'
import { lower, lowerByCharacter, type NaiveEvent, type NaiveValue } from './event.ts'
import { ANY, fits, ONE, plain, type Tokens, textOf, tokensOf } from './wildcards.ts'

export type Placeholders = Readonly<Record<string, readonly string[]>>
export type NaiveTest = (event: NaiveEvent) => boolean
type ValueTest = (found: NaiveValue, event: NaiveEvent) => boolean

const DATE_PARTS = ['minute', 'hour', 'day', 'week', 'month', 'year']
const COMPARISONS: { readonly [word: string]: (left: number, right: number) => boolean } = {
  lt: (left, right) => left < right,
  lte: (left, right) => left <= right,
  gt: (left, right) => left > right,
  gte: (left, right) => left >= right,
}

/** One `field|modifier|modifier: values`; without a field the values are keywords, looked for in every value of the event. */
export function readItem(key: string, value: unknown, placeholders: Placeholders): NaiveTest {
  const [field = '', ...modifiers] = key.split('|')
  const words = field === '' && !modifiers.includes('re') ? [...modifiers, 'contains'] : modifiers
  const tests = [value].flat().map((each) => readValue(each, words, placeholders))
  const found = (event: NaiveEvent) => (field === '' ? event.everything() : event.field(field))
  const holds: NaiveTest = modifiers.includes('all')
    ? (event) => tests.every((test) => test(found(event), event))
    : (event) => tests.some((test) => test(found(event), event))
  return modifiers.includes('neq') ? (event) => !holds(event) : holds
}

function readValue(value: unknown, words: readonly string[], placeholders: Placeholders): ValueTest {
  const has = (...names: readonly string[]) => words.find((word) => names.includes(word))
  if (has('exists')) return (found) => (found.value !== undefined) === value
  if (value === null) return (found) => found.value === undefined || found.value === null
  const text = String(value)
  if (has('re')) {
    const regex = regexOf(text, words)
    return (found) => found.texts.some((each) => regex.test(each))
  }
  if (has('cidr')) return (found) => found.texts.some((each) => inNetwork(each, text))
  const comparison = has(...Object.keys(COMPARISONS))
  const part = has(...DATE_PARTS)
  if (comparison || part) {
    const compare = COMPARISONS[comparison ?? ''] ?? ((left, right) => left === right)
    const numberIn = (each: string) => (part ? datePart(each, part) : each.trim() === '' ? undefined : Number(each))
    return (found) =>
      found.texts.some((each) => {
        const number = numberIn(each)
        return number !== undefined && compare(number, Number(text))
      })
  }
  const cased = has('cased') !== undefined
  if (has('fieldref')) return fieldReference(text, has('contains', 'startswith', 'endswith') ?? '', cased)
  const alternatives = expanded(typeof value === 'string' ? tokensOf(text) : plain(text), words, placeholders).map((tokens) => {
    // Lower case can be longer by a character, which `?` must not see.
    const form = tokens.includes(ONE) ? lowerByCharacter : lower
    return { byCharacter: tokens.includes(ONE), test: fits(tokens, cased ? (each) => each : form) }
  })
  return (found) =>
    alternatives.some(({ byCharacter, test }) => (cased ? found.texts : byCharacter ? found.texts.map(lowerByCharacter) : found.lowered).some(test))
}

function fieldReference(name: string, relation: string, cased: boolean): ValueTest {
  const related = (left: string, right: string) => {
    if (relation === 'contains') return left.includes(right)
    if (relation === 'startswith') return left.startsWith(right)
    return relation === 'endswith' ? left.endsWith(right) : left === right
  }
  const form = (value: NaiveValue) => (cased ? value.texts : value.lowered)
  return (found, event) => form(found).some((own) => form(event.field(name)).some((other) => related(own, other)))
}

/** PCRE's flags by JavaScript's own; `(?i)` counts where it stands at the start. */
function regexOf(text: string, words: readonly string[]): RegExp {
  const inline = /^\(\?([ims]+)\)/.exec(text)
  const flags = new Set([
    ...(inline?.[1] ?? ''),
    ...words.flatMap((word) => ({ i: 'i', ignorecase: 'i', m: 'm', multiline: 'm', s: 's', dotall: 's' })[word] ?? []),
  ])
  return new RegExp(text.slice(inline?.[0].length ?? 0), [...flags].join(''))
}

type State = { readonly tokens: Tokens } | { readonly bytes: Buffer }

/** The texts a value stands for after its modifiers, which are applied left to right. */
function expanded(value: Tokens, words: readonly string[], placeholders: Placeholders): Tokens[] {
  let states: State[] = [{ tokens: value }]
  for (const word of words) states = states.flatMap((state) => applied(word, state, placeholders))
  return states.map(shownAs)
}

/** Encoded text that no base64 follows is looked for with one character for each byte. */
const shownAs = (state: State): Tokens => ('tokens' in state ? state.tokens : plain(state.bytes.toString('latin1')))

function applied(word: string, state: State, placeholders: Placeholders): State[] {
  const bytes = (encoding: 'utf8' | 'utf16le' = 'utf8') => ('bytes' in state ? state.bytes : Buffer.from(textOf(state.tokens), encoding))
  const tokens = () => shownAs(state)
  switch (word) {
    case 'contains':
      return [{ tokens: [ANY, ...tokens(), ANY] }]
    case 'startswith':
      return [{ tokens: [...tokens(), ANY] }]
    case 'endswith':
      return [{ tokens: [ANY, ...tokens()] }]
    case 'windash':
      return dashes(tokens()).map((each) => ({ tokens: each }))
    case 'expand':
      return replaced(tokens(), placeholders).map((each) => ({ tokens: each }))
    case 'wide':
    case 'utf16le':
      return [{ bytes: bytes('utf16le') }]
    case 'utf16be':
      return [{ bytes: bytes('utf16le').swap16() }]
    case 'utf16':
      return [{ bytes: Buffer.concat([Buffer.from([0xff, 0xfe]), bytes('utf16le')]) }]
    case 'base64':
      return [{ tokens: plain(bytes().toString('base64')) }]
    case 'base64offset':
      return [0, 1, 2].map((offset) => ({ tokens: plain(offsetBase64(bytes(), offset)) }))
    case 'all':
    case 'cased':
    case 'neq':
      return [state]
    default:
      throw new Error(`there is no modifier ${word}`)
  }
}

/** A dash in parameter position (nothing word-like before it, something word-like after it) in each form Windows takes for one. */
function dashes(tokens: Tokens): Tokens[] {
  const wordLike = (token: Tokens[number] | undefined) => typeof token === 'string' && /[\p{L}\p{N}_]/u.test(token)
  const choices = tokens.map((token, i): (typeof token)[] =>
    (token === '-' || token === '/') && !wordLike(tokens[i - 1]) && wordLike(tokens[i + 1]) ? ['-', '/', '–', '—', '―'] : [token],
  )
  return choices.reduce<Tokens[]>((texts, choice) => texts.flatMap<Tokens>((text) => choice.map((each): Tokens => [...text, each])), [[]])
}

/** `%name%` by each of its values; `\%` is a percent sign. */
function replaced(tokens: Tokens, placeholders: Placeholders): Tokens[] {
  const at = tokens.findIndex((token, i) => token === '%' && tokens[i - 1] !== '\\')
  const end = tokens.findIndex((token, i) => i > at && token === '%')
  const name = at < 0 || end < 0 ? [] : tokens.slice(at + 1, end)
  const isName = name.length > 0 && name.every((token) => typeof token === 'string' && /\S/.test(token))
  // A percent sign that begins no name is text; a name may still follow it.
  if (at >= 0 && end >= 0 && !isName) return replaced(tokens.slice(at + 1), placeholders).map((after) => [...tokens.slice(0, at + 1), ...after])
  if (!isName) return [tokens.filter((token, i) => token !== '\\' || tokens[i + 1] !== '%')]
  const values = placeholders[textOf(name)]
  if (!values) throw new Error(`no values for %${textOf(name)}%`)
  const before = tokens.slice(0, at).filter((token, i) => token !== '\\' || tokens[i + 1] !== '%')
  return values.flatMap((value) => replaced(tokens.slice(end + 1), placeholders).map((after) => [...before, ...tokensOf(value), ...after]))
}

/** Sigma's appendix: of the text encoded with 0, 1 or 2 bytes before it, what does not depend on its neighbours. */
function offsetBase64(bytes: Buffer, offset: number): string {
  const encoded = Buffer.concat([Buffer.from('  '.slice(0, offset)), bytes]).toString('base64')
  const start = [0, 2, 3][offset] ?? 0
  const end = [0, 3, 2][(bytes.length + offset) % 3] ?? 0
  return encoded.slice(start, encoded.length - end)
}
