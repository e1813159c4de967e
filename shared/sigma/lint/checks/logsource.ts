import type { LintCheck } from '../check.ts'
import { unknownPart } from '../logsources.ts'
import { nearest } from '../nearest.ts'

export const unknownLogsource: LintCheck = {
  code: 'logsource_unknown',
  severity: 'warning',
  title: 'a logsource that no event Picket knows has',
  *each(document) {
    if (!document.rule) return
    const unknown = unknownPart(document.rule.logsource)
    if (!unknown) return
    const { part, value, known } = unknown
    const meant = nearest(value, known)
    yield {
      line: document.lineOf(['logsource', part]),
      message: `no log source Picket knows has the ${part} "${value}"${meant === undefined ? '; the rule sees only events that are sent with it' : `; did you mean "${meant}"?`}`,
    }
  },
}

export const emptyLogsource: LintCheck = {
  code: 'logsource_empty',
  severity: 'error',
  title: 'a logsource without product, category and service: the rule is put to every event there is',
  *each(document) {
    if (!document.rule) return
    const { product, category, service } = document.rule.logsource
    if (product === undefined && category === undefined && service === undefined)
      yield { line: document.lineOf(['logsource']), message: 'the logsource names no product, category or service; name those the rule is for' }
  },
}
