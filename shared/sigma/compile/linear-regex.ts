import { RuleFault } from '../parse/fault.ts'
import { type Assertion, LINE_ENDS, type Ranges, regexProgram, type Step, WORD } from './regex-program.ts'
import type { WorkBudget } from './work-budget.ts'

/** Steps that any test takes; a step is a place in the pattern tried, some 20 ns. */
const TEST_STEPS = 2
/** Characters that cost as much as one step where the automaton knows its way. */
const CHARACTERS_BY_STEP = 8
/** Character classes times what is asked of them, where the pattern begins to be too large. */
const CLASSES_LIMIT = 2_000_000
/** Numbers kept in the states of one pattern, about 2 MB; past it they are made anew. */
const CELLS_LIMIT = 500_000

/** What stands next to a place in the text, as far as assertions ask. */
const EDGE = 0
const LINE_END = 1
const WORD_LIKE = 2
const OTHER = 3

/** All that the pattern may be at after some text: one state of the automaton. */
interface State {
  readonly steps: readonly number[]
  /** What kind of character came last. */
  readonly before: number
  /** By class of character, made when first met. */
  readonly next: (State | undefined)[]
}

/** The pattern was found, whatever follows. */
const FOUND: State = { steps: [], before: EDGE, next: [] }

/**
 * A pattern's test in time that grows with the text's length alone: the places in the pattern that the text so far may lead to are followed all at
 * once, and each set of them is worked out once (a deterministic automaton made as it is needed; Russ Cox, "Regular Expression Matching Can Be
 * Simple And Fast"). There is nothing to go back to, so no pattern makes it slow. Out of its event's budget, it has found nothing.
 *
 * @param source - as `translateRegex` gives it, without look-around and back-references
 * @throws {RuleFault} where the pattern is too large
 */
export function linearRegex(source: string, flags: string): (text: string, budget: WorkBudget) => boolean {
  const multiline = flags.includes('m')
  const program = regexProgram(source, flags.includes('s'))
  const asked = new Set(program.flatMap((step) => (step.kind === 'assert' ? [step.what] : [])))
  const words = asked.has('boundary') || asked.has('inside')
  const lines = multiline && (asked.has('start') || asked.has('end'))
  const classes = characterClasses(program, [...(words ? [WORD] : []), ...(lines ? [LINE_ENDS] : [])])
  const kinds = classes.samples.map((code) => (lines && has(LINE_ENDS, code) ? LINE_END : words && has(WORD, code) ? WORD_LIKE : OTHER))
  const holds = (what: Assertion, before: number, after: number): boolean => {
    if (what === 'start') return before === EDGE || (multiline && before === LINE_END)
    if (what === 'end') return after === EDGE || (multiline && after === LINE_END)
    return ((before === WORD_LIKE) !== (after === WORD_LIKE)) === (what === 'boundary')
  }

  const marks = new Float64Array(program.length)
  let generation = 0
  let work = 0
  let found = false
  /** Follows splits from a step; with `context`, assertions too. What is left are the steps that wait for a character or for the next one's kind. */
  const follow = (from: number, into: number[], before: number, after: number | undefined): void => {
    const stack = [from]
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (marks[at] === generation) continue
      marks[at] = generation
      work++
      const step = program[at]
      if (step?.kind === 'split') for (const to of step.to) stack.push(to)
      else if (step?.kind === 'found') found = true
      else if (step?.kind === 'assert' && after !== undefined) {
        if (holds(step.what, before, after)) stack.push(at + 1)
      } else into.push(at)
    }
  }

  let cells = 0
  let start: State | undefined
  const states = new Map<string, State>()
  const stateOf = (steps: number[], before: number): State => {
    if (found) return FOUND
    work += steps.length
    const key = `${before},${steps.sort((left, right) => left - right).join()}`
    const known = states.get(key)
    if (known) return known
    cells += steps.length * 2 + kinds.length
    if (cells > CELLS_LIMIT) {
      states.clear()
      start = undefined
      cells = 0
    }
    const made = { steps, before, next: [] }
    states.set(key, made)
    return made
  }
  const begin = (): State => {
    generation++
    const steps: number[] = []
    follow(0, steps, EDGE, undefined)
    return stateOf(steps, EDGE)
  }
  /** The steps that wait for a character once the kind of the next one is known. */
  const waiting = (state: State, after: number): readonly number[] => {
    if (asked.size === 0) return state.steps
    found = false
    generation++
    const steps: number[] = []
    for (const step of state.steps) follow(step, steps, state.before, after)
    return steps
  }
  const advance = (state: State, characterClass: number): State => {
    const kind = kinds[characterClass] ?? OTHER
    const from = waiting(state, kind)
    generation++
    const steps: number[] = []
    for (const at of from) {
      work++
      if (classes.takes[at]?.[characterClass] === 1) follow(at + 1, steps, kind, undefined)
    }
    follow(0, steps, kind, undefined)
    const next = stateOf(steps, kind)
    state.next[characterClass] = next
    return next
  }

  return (text, budget) => {
    work = TEST_STEPS
    found = false
    start ??= begin()
    const limit = budget.left
    let state = start
    let i = 0
    for (; i < text.length && state !== FOUND && work + i / CHARACTERS_BY_STEP <= limit; i++) {
      const characterClass = classes.of(text.charCodeAt(i))
      state = state.next[characterClass] ?? advance(state, characterClass)
    }
    const isInTime = budget.spend(work + i / CHARACTERS_BY_STEP)
    if (state === FOUND) return true
    if (!isInTime) return false
    waiting(state, EDGE)
    return found
  }
}

const has = (set: Ranges, code: number): boolean => set.some(([first, last]) => first <= code && code <= last)

interface CharacterClasses {
  of(code: number): number
  /** One character of each class. */
  readonly samples: readonly number[]
  /** By step, then by class: 1 where the step takes it. */
  readonly takes: readonly (Uint8Array | undefined)[]
}

/** Characters that no step and no assertion tells apart are one class. */
function characterClasses(program: readonly Step[], others: readonly Ranges[]): CharacterClasses {
  const sets = [...new Set([...program.flatMap((step) => (step.kind === 'take' ? [step.set] : [])), ...others])]
  const starts = [...new Set([0, ...sets.flatMap((set) => set.flatMap(([first, last]) => [first, last + 1]))])].sort((left, right) => left - right)
  if (sets.length * starts.length > CLASSES_LIMIT) throw new RuleFault('regex', 'the pattern has too many different characters and classes')
  const classBySignature = new Map<string, number>()
  const samples: number[] = []
  const classOfStart = starts.map((start) => {
    const signature = sets.map((set) => (has(set, start) ? '1' : '0')).join('')
    const known = classBySignature.get(signature)
    if (known !== undefined) return known
    classBySignature.set(signature, samples.length)
    return samples.push(start) - 1
  })
  const find = (code: number): number => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= code) low = middle
      else high = middle - 1
    }
    return classOfStart[low] ?? 0
  }
  const ascii = Uint16Array.from({ length: 128 }, (_, code) => find(code))
  const takenBySet = new Map(sets.map((set) => [set, Uint8Array.from(samples, (code) => (has(set, code) ? 1 : 0))]))
  return {
    of: (code) => (code < 128 ? (ascii[code] ?? 0) : find(code)),
    samples,
    takes: program.map((step) => (step.kind === 'take' ? takenBySet.get(step.set) : undefined)),
  }
}
