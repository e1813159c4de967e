import { messageOf } from '../../errors.ts'
import type { CompileResult, RuleProblem, SigmaRule, View } from '../contract.ts'
import type { Detection } from '../parse/detection.ts'
import { RuleFault } from '../parse/fault.ts'
import type { Field } from './field.ts'
import { type CompiledRule, createMatcher } from './matcher.ts'
import { literalsPredicate, type PredicateSpec } from './predicate.ts'
import { type Predicate, predicatesIn, programOf } from './program.ts'
import { literalWeight, witnessOf } from './witness.ts'

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
      for (const predicate of asked) predicates.count(predicate)
      return [{ rule, program, asked }]
    } catch (error) {
      const code = error instanceof RuleFault ? error.code : 'invalid'
      problems.push({ file: rule.file, line: rule.line, ruleId: rule.id, title: rule.title, code, reason: messageOf(error) })
      return []
    }
  })
  const indexed = new Set<Predicate>()
  const witnesses = programs.map(({ program }) => witnessOf(program.condition, predicates.literalOnly, predicates.weight)?.predicates)
  for (const predicate of witnesses.flatMap((witness) => witness ?? [])) indexed.add(predicate)
  for (const predicate of predicates.list) if ((predicate.literals?.length ?? 0) >= LONG_LIST) indexed.add(predicate)
  const compiled = programs.map(({ rule, program, asked }, index): CompiledRule => {
    const witness = witnesses[index]
    const own = new Set([...asked, ...(witness ?? [])])
    return { index, rule, logsource: rule.logsource, program, witness, indexed: [...own].filter((predicate) => indexed.has(predicate)) }
  })
  return { matcher: createMatcher(compiled, fields.list, predicates.list.length, indexed), problems }
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

interface Predicates {
  readonly list: Predicate[]
  share(spec: PredicateSpec): Predicate
  /** Counts a rule that asks the predicate. */
  count(predicate: Predicate): void
  /** The literal predicate that holds whenever the given one does. */
  literalOnly(predicate: Predicate): Predicate | undefined
  weight(predicate: Predicate): number
}

function createPredicates(): Predicates {
  const list: Predicate[] = []
  const known = new Map<string, Predicate>()
  const users = new Map<Predicate, number>()
  const share = (spec: PredicateSpec): Predicate => {
    const found = known.get(spec.key)
    if (found) return found
    const made = { ...spec, id: list.length }
    list.push(made)
    known.set(spec.key, made)
    return made
  }
  return {
    list,
    share,
    count: (predicate) => users.set(predicate, (users.get(predicate) ?? 0) + 1),
    literalOnly(predicate) {
      if (predicate.literals) return predicate.literals.some((literal) => literal.text === '' && literal.place !== 'equals') ? undefined : predicate
      return predicate.required && share(literalsPredicate(predicate.field, [predicate.required]))
    },
    // What many rules ask is what many events hold: `\powershell.exe` is a poor witness although it is long.
    weight: (predicate) => (predicate.literals ?? []).reduce((sum, literal) => sum + literalWeight(literal), 0) * (users.get(predicate) ?? 1),
  }
}
