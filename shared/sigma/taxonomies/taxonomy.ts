import type { RuleLogsource } from '../contract.ts'

/** What one kind of log calls the fields that Sigma rules name. Data alone; `taxonomies.ts` reads it. */
export interface Taxonomy {
  /** Whether a rule with this logsource speaks these names. */
  applies(logsource: RuleLogsource): boolean
  /** Sigma's field name → dotted paths in an ECS document; the first one present wins. */
  readonly fields: { readonly [sigmaField: string]: readonly string[] }
  /** Sigma's field name → what the vendor's own records call it, dotted, tried before the name itself. An empty list: the name is the vendor's. */
  readonly vendorNames?: { readonly [sigmaField: string]: readonly string[] }
  /** Other spellings of any name: Azure keeps much of a record under `properties`. */
  readonly spellings?: (name: string) => readonly string[]
  /** Objects of the ECS document that keep the vendor's record: `aws.cloudtrail`. */
  readonly vendorPrefixes?: readonly string[]
  /** Elastic's modules keep the vendor's names in snake case: `aws.cloudtrail.user_identity`. */
  readonly snakeCase?: boolean
  /** The vendor's field names are without number (a Windows provider's, an audit record's arguments): any name is one. */
  readonly open?: boolean
}

/** Names that are the vendor's own. */
export const asNamed = (names: string): { [sigmaField: string]: readonly string[] } =>
  Object.fromEntries(names.split(/\s+/).map((name) => [name, []]))

/** `userIdentity.sessionContext` → `user_identity.session_context`. */
export const toSnakeCase = (name: string): string => name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()

const lowerFirst = (name: string): string => name.replaceAll(/(^|\.)([A-Z])/g, (_, dot: string, letter: string) => dot + letter.toLowerCase())

/** A name as it may stand in an Azure Monitor record: at the top or under `properties`, from a capital or not. */
export const azureSpellings = (name: string): readonly string[] => {
  const bare = name.startsWith('properties.') ? name.slice('properties.'.length) : name
  const lower = lowerFirst(bare)
  return [...new Set([bare, lower, `properties.${lower}`, `properties.${bare}`])]
}
