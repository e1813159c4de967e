import type { RuleLogsource } from '../contract.ts'

/** Where fields of one kind of log are in an ECS document: Sigma's field name → dotted paths, the first one present wins. */
export interface Taxonomy {
  /** Whether a rule with this logsource speaks these names. */
  applies(logsource: RuleLogsource): boolean
  readonly fields: { readonly [sigmaField: string]: readonly string[] }
  /** Where vendor fields that have no ECS place are kept: `auditd.data.` */
  readonly vendorPrefixes?: readonly string[]
}
