import { ExpectedError } from '../../shared/errors.ts'
import { type CompileResult, compileRules, ecsView, parseRules, type RuleProblem } from '../../shared/sigma/sigma.ts'

/** Parses and compiles Sigma rules for normalised events. */
export type Compile = (sources: readonly { readonly source: string; readonly name: string }[]) => CompileResult

export const compileForEvents: Compile = (sources) => {
  const parsed = sources.map(({ source, name }) => parseRules(source, name))
  const compiled = compileRules(
    parsed.flatMap((each) => each.rules),
    ecsView,
  )
  return { matcher: compiled.matcher, problems: [...parsed.flatMap((each) => each.problems), ...compiled.problems] }
}

/** A filter or edge rule of a pack that cannot be used; the pack is then refused as a whole. */
export class FilterInvalid extends ExpectedError {
  readonly code = 'filter_invalid'
  readonly kind = 'invalid'
}

export const listProblems = (problems: readonly RuleProblem[]): string =>
  problems
    .slice(0, 5)
    .map(({ file, reason }) => `${file}: ${reason}`)
    .join('; ') + (problems.length > 5 ? `; and ${problems.length - 5} more` : '')
