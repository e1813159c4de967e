import { compileRules, parseRules, plainView, type RuleMatch, type View } from '../../shared/sigma/sigma.ts'

/** A rule's YAML around a detection section, which is given without its first indentation. */
export const ruleText = (detection: string, logsource = 'product: test'): string =>
  `title: A rule\nlogsource:\n  ${logsource.replaceAll('\n', '\n  ')}\ndetection:\n${detection.replace(/^/gm, '  ')}\n`

/** Whether a rule with this detection fires on the event. Throws where the rule is refused. */
export function fires(detection: string, event: object, view: View = plainView): boolean {
  return matchesOf(detection, event, view).length > 0
}

export function matchesOf(detection: string, event: object, view: View = plainView): RuleMatch[] {
  const { rules, problems } = parseRules(ruleText(detection), 'rule.yml')
  const { matcher, problems: more } = compileRules(rules, view)
  const [problem] = [...problems, ...more]
  if (problem) throw new Error(problem.reason)
  return matcher.match(event, { product: 'test', categories: [] })
}

/** Why a rule with this detection is refused. */
export function refusal(detection: string): { code: string; line: number; reason: string } | undefined {
  const [problem] = parseRules(ruleText(detection), 'rule.yml').problems
  return problem && { code: problem.code, line: problem.line, reason: problem.reason }
}

/** `selection` with one item, and the condition that asks for it. */
export const selecting = (key: string, value: unknown): string =>
  `selection:\n  ${JSON.stringify(key)}: ${JSON.stringify(value)}\ncondition: selection`
