import { RuleFault } from '../parse/fault.ts'

/** A set of code units as pairs of first and last. */
export type Ranges = readonly (readonly [first: number, last: number])[]

/** One step of a pattern: take a character of a set, go on in two ways, or ask what stands before and after. */
export type Step =
  | { readonly kind: 'take'; readonly set: Ranges }
  | { readonly kind: 'split'; readonly to: readonly number[] }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'found' }
export type Assertion = 'start' | 'end' | 'boundary' | 'inside'

/** Steps a pattern may have when its counted repetitions are written out. */
const STEPS_LIMIT = 20_000
const LAST = 0xffff
const UNBOUNDED = Number.POSITIVE_INFINITY

type Node =
  | { readonly kind: 'take'; readonly set: Ranges }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'sequence'; readonly of: readonly Node[] }
  | { readonly kind: 'choice'; readonly of: readonly Node[] }
  | { readonly kind: 'repeat'; readonly of: Node; readonly min: number; readonly max: number }

const DIGITS: Ranges = [[0x30, 0x39]]
export const WORD: Ranges = [...DIGITS, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]]
/** What JavaScript's `\s` takes (ECMA-262, CharacterClassEscape). */
const SPACE: Ranges = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]
export const LINE_ENDS: Ranges = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
]
const SETS: { readonly [letter: string]: Ranges } = { d: DIGITS, D: without(DIGITS), w: WORD, W: without(WORD), s: SPACE, S: without(SPACE) }
const CONTROLS: { readonly [letter: string]: number } = { n: 0x0a, r: 0x0d, t: 0x09, f: 0x0c, v: 0x0b, 0: 0 }
const QUANTIFIER = /([*+?]|\{(\d+)(?:(,)(\d*))?\})\??/y

/**
 * A pattern of `translateRegex` as steps; the first one is where it begins. Only whether it is found matters, so greedy and lazy are the same.
 *
 * @throws {RuleFault} where its counted repetitions, written out, would be too many
 */
export function regexProgram(source: string, dotAll: boolean): Step[] {
  const steps: Step[] = []
  const add = (step: Step): number => {
    if (steps.length >= STEPS_LIMIT) throw new RuleFault('regex', `the pattern's counted repetitions amount to more than ${STEPS_LIMIT} steps`)
    return steps.push(step) - 1
  }
  /** Writes the node's steps; the step after them follows. */
  const emit = (node: Node): void => {
    if (node.kind === 'take' || node.kind === 'assert') add(node)
    else if (node.kind === 'sequence') for (const part of node.of) emit(part)
    else if (node.kind === 'choice') emitChoice(node.of)
    else {
      for (let i = 0; i < node.min; i++) emit(node.of)
      if (node.max === UNBOUNDED) emitOptional(node.of, true)
      else for (let i = node.min; i < node.max; i++) emitOptional(node.of, false)
    }
  }
  const emitChoice = (options: readonly Node[]): void => {
    const ends: number[] = []
    for (const [index, option] of options.entries()) {
      const split = index < options.length - 1 ? add({ kind: 'split', to: [] }) : undefined
      emit(option)
      if (split === undefined) continue
      ends.push(add({ kind: 'split', to: [] }))
      steps[split] = { kind: 'split', to: [split + 1, steps.length] }
    }
    for (const end of ends) steps[end] = { kind: 'split', to: [steps.length] }
  }
  const emitOptional = (node: Node, again: boolean): void => {
    const split = add({ kind: 'split', to: [] })
    emit(node)
    if (again) add({ kind: 'split', to: [split] })
    steps[split] = { kind: 'split', to: [split + 1, steps.length] }
  }
  emit(parse(source, dotAll))
  add({ kind: 'found' })
  return steps
}

function parse(source: string, dotAll: boolean): Node {
  let at = 0
  const choice = (): Node => {
    const options = [sequence()]
    while (source.charAt(at) === '|') {
      at++
      options.push(sequence())
    }
    return { kind: 'choice', of: options }
  }
  const sequence = (): Node => {
    const parts: Node[] = []
    while (at < source.length && source.charAt(at) !== '|' && source.charAt(at) !== ')') parts.push(quantified(atom()))
    return { kind: 'sequence', of: parts }
  }
  const quantified = (of: Node): Node => {
    QUANTIFIER.lastIndex = at
    const found = QUANTIFIER.exec(source)
    if (!found) return of
    at += found[0].length
    const [, sign, low = '0', comma, high = ''] = found
    if (sign === '*') return { kind: 'repeat', of, min: 0, max: UNBOUNDED }
    if (sign === '+') return { kind: 'repeat', of, min: 1, max: UNBOUNDED }
    if (sign === '?') return { kind: 'repeat', of, min: 0, max: 1 }
    return { kind: 'repeat', of, min: Number(low), max: comma === undefined ? Number(low) : high === '' ? UNBOUNDED : Number(high) }
  }
  const atom = (): Node => {
    const char = source.charAt(at++)
    if (char === '(') {
      if (source.startsWith('?:', at)) at += 2
      const inner = choice()
      at++
      return inner
    }
    if (char === '^') return { kind: 'assert', what: 'start' }
    if (char === '$') return { kind: 'assert', what: 'end' }
    if (char === '.') return { kind: 'take', set: dotAll ? [[0, LAST]] : without(LINE_ENDS) }
    if (char === '[') return { kind: 'take', set: characterClass() }
    if (char === '\\' && source.charAt(at) === 'b') return asserted('boundary')
    if (char === '\\' && source.charAt(at) === 'B') return asserted('inside')
    return { kind: 'take', set: char === '\\' ? escaped() : single(char.charCodeAt(0)) }
  }
  const asserted = (what: Assertion): Node => {
    at++
    return { kind: 'assert', what }
  }
  /** After the backslash. */
  const escaped = (): Ranges => {
    const letter = source.charAt(at++)
    const set = Object.hasOwn(SETS, letter) ? SETS[letter] : undefined
    if (set) return set
    if (letter === 'u') {
      at += 4
      return single(Number.parseInt(source.slice(at - 4, at), 16))
    }
    return single(Object.hasOwn(CONTROLS, letter) ? (CONTROLS[letter] ?? 0) : letter.charCodeAt(0))
  }
  const member = (): Ranges => {
    const char = source.charAt(at++)
    if (char !== '\\') return single(char.charCodeAt(0))
    if (source.charAt(at) !== 'b') return escaped()
    at++
    return single(0x08)
  }
  const characterClass = (): Ranges => {
    const negated = source.charAt(at) === '^'
    if (negated) at++
    const ranges: (readonly [number, number])[] = []
    while (at < source.length && source.charAt(at) !== ']') {
      const first = member()
      const isRange = first.length === 1 && source.charAt(at) === '-' && source.charAt(at + 1) !== ']'
      if (isRange) at++
      const last = isRange ? member() : first
      const [from] = first[0] ?? [0]
      const to = last[0]?.[1] ?? 0
      if (isRange && last.length === 1) ranges.push([from, to])
      else ranges.push(...first)
    }
    at++
    return negated ? without(ranges) : ranges
  }
  return choice()
}

const single = (code: number): Ranges => [[code, code]]

/** Everything the ranges leave out. */
function without(ranges: Ranges): Ranges {
  const rest: [number, number][] = []
  let next = 0
  for (const [first, last] of [...ranges].sort((left, right) => left[0] - right[0])) {
    if (first > next) rest.push([next, first - 1])
    next = Math.max(next, last + 1)
  }
  if (next <= LAST) rest.push([next, LAST])
  return rest
}
