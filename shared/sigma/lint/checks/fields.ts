import type { RuleLogsource } from '../../contract.ts'
import { knowsField, taxonomiesFor } from '../../taxonomies/taxonomies.ts'
import { speaksWindows } from '../../taxonomies/windows.ts'
import type { LintCheck } from '../check.ts'
import { itemsOf } from '../items.ts'
import { nearest, sameButForCase } from '../nearest.ts'
import { windowsSchema } from '../schemas.ts'

const nameOf = ({ product, category, service }: RuleLogsource): string => [product, category, service].filter((part) => part !== undefined).join('/')

/** Names that events of the logsource are known to use, and whether there can be others. */
function namesFor(logsource: RuleLogsource): { readonly names: ReadonlySet<string>; readonly complete: boolean } {
  const schema = speaksWindows(logsource) ? windowsSchema(logsource) : undefined
  const vendors = taxonomiesFor(logsource).flatMap(({ fields, vendorNames = {} }) => [...Object.keys(fields), ...Object.keys(vendorNames)])
  return { names: new Set([...(schema?.fields ?? []), ...vendors]), complete: schema?.complete === true && vendors.length === 0 }
}

export const unknownField: LintCheck = {
  code: 'field_unknown',
  severity: 'warning',
  title: 'a field that events of the log source do not have, most likely misspelt',
  *each(document) {
    if (!document.rule) return
    const { logsource } = document.rule
    const { names, complete } = namesFor(logsource)
    for (const { field, path } of itemsOf(document)) {
      if (field === undefined || names.has(field)) continue
      // Where fields are without number, only what is the same but for case is sure to be a slip.
      const meant = complete || !knowsField(field, logsource) ? nearest(field, names) : sameButForCase(field, names)
      if (meant === undefined && !complete) continue
      const advice = meant === undefined ? ', so this part never matches; docs/rules.md lists the fields' : `; did you mean "${meant}"?`
      yield { line: document.lineOf(path), message: `no ${nameOf(logsource)} event has a field "${field}"${advice}` }
    }
  },
}

export const unmappedField: LintCheck = {
  code: 'field_unmapped',
  severity: 'info',
  title: "a field no taxonomy of the log source names: it is looked for under the vendor's own name",
  *each(document) {
    if (!document.rule) return
    const { logsource } = document.rule
    const { names, complete } = namesFor(logsource)
    if (complete || names.size === 0) return
    for (const { field, path } of itemsOf(document)) {
      if (field === undefined || names.has(field) || knowsField(field, logsource) || nearest(field, names) !== undefined) continue
      yield {
        line: document.lineOf(path),
        message: `no taxonomy names "${field}" for ${nameOf(logsource)}; it is looked for under that very name, so test the rule with a real record`,
      }
    }
  },
}
