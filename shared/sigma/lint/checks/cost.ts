import { requiredLiteral } from '../../compile/regex-literal.ts'
import type { RuleLogsource } from '../../contract.ts'
import type { ConditionNode, Detection, SearchNode } from '../../parse/detection.ts'
import type { LintCheck } from '../check.ts'
import { itemsOf } from '../items.ts'
import { conditionLine } from './searches.ts'

/** Log sources that send more than all others together: what is dear there is dear everywhere. */
const BUSY_CATEGORIES: readonly (string | undefined)[] = [
  'process_creation',
  'process_access',
  'file_event',
  'file_access',
  'image_load',
  'network_connection',
  'registry_event',
  'registry_set',
  'dns_query',
  'dns',
  'proxy',
  'firewall',
]
const BUSY_SERVICES: readonly (string | undefined)[] = ['security', 'sysmon', 'auditd', 'cloudtrail', 'netflow']

const isBusy = ({ category, service }: RuleLogsource): boolean => BUSY_CATEGORIES.includes(category) || BUSY_SERVICES.includes(service)
const nameOf = ({ product, category, service }: RuleLogsource): string => [product, category, service].filter((part) => part !== undefined).join('/')

export const slowRegex: LintCheck = {
  code: 'regex_slow',
  severity: 'warning',
  title: 'a regular expression without three characters in a row that must be there: it runs on every event',
  *each(document) {
    for (const item of itemsOf(document)) {
      if (!item.modifiers.includes('re') || document.problems.length > 0) continue
      for (const [index, value] of item.values.entries()) {
        // An ignored case is written into the pattern when it is compiled, and does not change what must be there.
        if (
          typeof value === 'string' &&
          !requiredLiteral(value.replace(/^\(\?[ims]+\)/, '')) &&
          !selectsOtherwise(document.rule?.detection, item.search)
        )
          yield {
            line: document.lineOf(item.valuePath(index)),
            message: `the regular expression holds no three plain characters in a row, so it runs on every event; add a "contains" of text that must be there`,
          }
      }
    }
  },
}

/** Whether the rule is looked at only for events that hold some text, so that a slow part of it costs little. */
const selectsOtherwise = (detection: unknown, search: string): boolean => {
  if (detection === undefined) return false
  const { searches, condition } = detection as Detection
  const own = searches.get(search)
  return conditionSelects(condition, searches) || (own !== undefined && searchSelects(own))
}

export const leadingAny: LintCheck = {
  code: 'regex_leading_any',
  severity: 'warning',
  title: 'a regular expression that begins or ends with `.*`',
  *each(document) {
    for (const item of itemsOf(document)) {
      if (!item.modifiers.includes('re')) continue
      for (const [index, value] of item.values.entries()) {
        if (typeof value !== 'string' || !/^(?:\(\?[ims]+\))?\^?\.[*+]|[^\\]\.\*\$?$/.test(value)) continue
        // `.+` at the beginning asks for one character more; `.*` for nothing.
        if (/^(?:\(\?[ims]+\))?\^?\.\+/.test(value) && !/[^\\]\.\*\$?$/.test(value)) continue
        yield {
          line: document.lineOf(item.valuePath(index)),
          message: 'a regular expression is found anywhere in the value, so ".*" at its edge only costs time; remove it',
        }
      }
    }
  },
}

export const keywordsInBusySource: LintCheck = {
  code: 'keywords_busy',
  severity: 'warning',
  title: 'keywords, which are looked for in every value, in a log source with very many events',
  *each(document) {
    if (!document.rule || !isBusy(document.rule.logsource)) return
    const item = itemsOf(document).find(({ field }) => field === undefined)
    if (item)
      yield {
        line: document.lineOf(item.path),
        message: `keywords are looked for in every value of every ${nameOf(document.rule.logsource)} event; name the field they stand in`,
      }
  },
}

export const noIndex: LintCheck = {
  code: 'no_index',
  severity: 'warning',
  title: 'a rule without any text that must be there: it is evaluated for every event of its log source',
  *each(document) {
    if (!document.rule) return
    const { searches, condition } = document.rule.detection as Detection
    // A rule that rests on a regular expression has been told so by `regex_slow`.
    if (conditionSelects(condition, searches) || itemsOf(document).some(({ modifiers }) => modifiers.includes('re'))) return
    yield {
      line: conditionLine(document),
      message: `nothing the condition requires is a plain text, so the rule is evaluated for every ${nameOf(document.rule.logsource)} event; require a value of a field, an EventID for example`,
    }
  },
}

/** As the compiler chooses what makes it look at a rule: AND needs one operand that holds a text, OR all of them; a negation promises nothing. */
function conditionSelects(node: ConditionNode, searches: Detection['searches']): boolean {
  switch (node.kind) {
    case 'not':
      return false
    case 'and':
      return node.of.some((operand) => conditionSelects(operand, searches))
    case 'or':
      return node.of.every((operand) => conditionSelects(operand, searches))
    case 'search': {
      const search = searches.get(node.name)
      return search !== undefined && searchSelects(search)
    }
  }
}

function searchSelects(node: SearchNode): boolean {
  switch (node.kind) {
    case 'not':
      return false
    case 'and':
      return node.of.some(searchSelects)
    case 'or':
      return node.of.length > 0 && node.of.every(searchSelects)
    case 'leaf':
      if (node.test.kind === 'regex') return requiredLiteral(node.test.source) !== undefined
      return node.test.kind === 'text' && (node.test.pattern.length === 0 || node.test.pattern.some((part) => typeof part === 'string'))
  }
}
