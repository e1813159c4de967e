import { parseDocument, stringify } from 'yaml'
import { messageOf } from '../../../shared/errors.ts'
import type { Matcher, RuleLogsource } from '../../../shared/sigma/contract.ts'
import { compileRules, ecsView, parseRules } from '../../../shared/sigma/sigma.ts'
import { ContentRefused } from './errors.ts'
import type { Placeholders } from './rule-text.ts'

/**
 * What an exception says, as one rule's matcher: it fires on the events that the exception takes away. Sigma's field names mean what they mean for
 * the rule's log source, so there is one for each.
 *
 * @param text - a detection section, YAML or JSON
 * @throws {ContentRefused} `EXCEPTION_INVALID` with what is wrong
 */
export function compileException(text: string, logsource: RuleLogsource, placeholders: Placeholders): Matcher {
  const detection = readDetection(text)
  const rule = { title: 'exception', id: '00000000-0000-4000-8000-000000000000', logsource, detection }
  const parsed = parseRules(stringify(rule, { aliasDuplicateObjects: false }), 'exception', { placeholders })
  const compiled = compileRules(parsed.rules, ecsView)
  const problems = [...parsed.problems, ...compiled.problems]
  if (problems.length > 0 || compiled.matcher.rules.length !== 1)
    throw invalid(problems.map(({ reason }) => reason).join('; ') || 'The detection cannot be read.')
  return compiled.matcher
}

function readDetection(text: string): object {
  const document = parseDocument(text, { intAsBigInt: true, prettyErrors: false, logLevel: 'silent' })
  const [fault] = document.errors
  if (fault) throw invalid(fault.message)
  let detection: unknown
  try {
    detection = document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    throw invalid(messageOf(error))
  }
  if (typeof detection !== 'object' || detection === null || Array.isArray(detection))
    throw invalid('The detection is a map: search identifiers such as "selection", and a condition.')
  return detection
}

const invalid = (message: string) => new ContentRefused('invalid', 'EXCEPTION_INVALID', message, [{ field: 'detection', message }])
