import { messageOf } from '../../errors.ts'
import type { CompileResult, RuleProblem, SigmaRule, View } from '../contract.ts'
import type { Detection } from '../parse/detection.ts'
import { RuleFault } from '../parse/fault.ts'
import type { Field } from './field.ts'
import { type IndexPlace, indexPlaceOf } from './index-place.ts'
import { type CompiledRule, createMatcher } from './matcher.ts'
import type { PlannedPredicates } from './plan.ts'
import { literalsPredicate, type PredicateSpec } from './predicate.ts'
import { type Predicate, predicatesIn, programOf } from './program.ts'
import { literalWeight } from './witness.ts'

/** A list this long is answered by its field's index, whether or not a rule rests on it: asking one by one would cost more. */
const LONG_LIST = 16

/**
 * Compiles rules into one matcher over a view's documents. A rule that cannot be compiled is a problem, the others work
 * all the same.
 */
export function compileRules(rules: readonly SigmaRule[], view: View): CompileResult {
  const problems: RuleProblem[] = []
  const fields = createFields(view)
  const predicates = createPredicates()
  const usable: SigmaRule[] = []
  const programs = rules.flatMap((rule) => {
    try {
      const context = { field: (name: string | undefined) => fields.field(name, rule), share: predicates.share }
      const program = programOf(rule.detection as Detection, context)
      usable.push(rule)
      const asked = predicatesIn(program.condition)
      for (const predicate of asked) predicates.addUser(predicate)
      return [{ rule, program, asked }]
    } catch (error) {
      const code = error instanceof RuleFault ? error.code : 'invalid'
      problems.push({ file: rule.file, line: rule.line, ruleId: rule.id, title: rule.title, code, reason: messageOf(error) })
      return []
    }
  })
  predicates.settle()
  const compiled = programs.map(({ rule, program, asked }, index): CompiledRule => {
    const longLists = [...asked].filter((predicate) => (predicate.literals?.length ?? 0) >= LONG_LIST)
    return { index, rule, program, logsource: rule.logsource, condition: program.condition, longLists }
  })
  return { matcher: createMatcher(compiled, fields.list, predicates), problems }
}

/** The fields rules ask for, one for each set of paths. */
function createFields(view: View): { list: Field[]; field(name: string | undefined, rule: SigmaRule): Field } {
  const list: Field[] = []
  const known = new Map<string, Field>()
  const byName = new Map<string, Field>()
  const add = (key: string, field: Omit<Field, 'id'>): Field => {
    const found = known.get(key)
    if (found) return found
    const made = { ...field, id: list.length }
    list.push(made)
    known.set(key, made)
    return made
  }
  return {
    list,
    field(name, { logsource }) {
      if (name === undefined) return add('everything', { paths: [], everything: true })
      const asked = `${name}\0${logsource.product}\0${logsource.category}\0${logsource.service}`
      const found = byName.get(asked)
      if (found) return found
      const paths = view.paths(name, logsource)
      const field = add(JSON.stringify(paths), { paths, everything: false })
      byName.set(asked, field)
      return field
    },
  }
}

interface Predicates extends PlannedPredicates {
  share(spec: PredicateSpec): Predicate
  /** Counts a rule that asks the predicate. */
  addUser(predicate: Predicate): void
  /** To be called once all rules are read: makes the literals that stand for other predicates. No predicate is made after. */
  settle(): void
}

function createPredicates(): Predicates {
  const list: Predicate[] = []
  const known = new Map<string, Predicate>()
  const users = new Map<Predicate, number>()
  const literalOnly = new Map<Predicate, Predicate>()
  const places = new Map<Predicate, readonly IndexPlace[]>()
  const guesses: number[] = []
  const share = (spec: PredicateSpec): Predicate => {
    const found = known.get(spec.key)
    if (found) return found
    const made = { ...spec, id: list.length }
    list.push(made)
    known.set(spec.key, made)
    return made
  }
  return {
    share,
    addUser: (predicate) => users.set(predicate, (users.get(predicate) ?? 0) + 1),
    settle() {
      for (const predicate of [...list]) {
        if (predicate.required) literalOnly.set(predicate, share(literalsPredicate(predicate.field, [predicate.required])))
        // What any value holds (`contains ''`) says nothing.
        else if (predicate.literals?.every((literal) => literal.text !== '' || literal.place === 'equals')) literalOnly.set(predicate, predicate)
      }
      for (const predicate of new Set(literalOnly.values())) {
        const literals = predicate.literals ?? []
        places.set(predicate, literals.map(indexPlaceOf))
        // What many rules ask is what many events hold: `\powershell.exe` is a poor witness although it is long.
        guesses[predicate.id] = Math.min(1, literals.reduce((sum, literal) => sum + literalWeight(literal), 0) * (users.get(predicate) ?? 1))
      }
      known.clear()
      users.clear()
    },
    get count() {
      return list.length
    },
    literalOnly: (predicate) => literalOnly.get(predicate),
    placesOf: (predicate) => places.get(predicate) ?? [],
    guess: (predicate) => guesses[predicate.id] ?? 1,
  }
}
