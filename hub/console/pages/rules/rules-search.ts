import { SEVERITIES, type Severity } from '../../api/types.ts'
import { oneOf, type RawSearch, someOf, textOf } from '../../search-params.ts'

/** What the rules page shows. Absent: every rule. */
export interface RulesSearch {
  readonly level?: readonly Severity[] | undefined
  readonly enabled?: 'true' | 'false' | undefined
  /** ATT&CK's short name with `_`. */
  readonly tactic?: string | undefined
  /** Text, or a technique's id. */
  readonly q?: string | undefined
  readonly sort?: string | undefined
}

export const parseRulesSearch = (raw: RawSearch): RulesSearch => ({
  level: someOf(raw['level'], SEVERITIES),
  enabled: oneOf(String(raw['enabled']), ['true', 'false']),
  tactic: textOf(raw['tactic']),
  q: textOf(raw['q']),
  sort: textOf(raw['sort']),
})

/** The search as the API's parameters; a technique's id in the box (`T1059`, `T1059.001`) asks for the technique. */
export const rulesParameters = ({ q, ...search }: RulesSearch) => ({ ...search, ...(q && /^t\d{4}(\.\d{3})?$/i.test(q) ? { technique: q } : { q }) })
