import { own } from '../../own.ts'
import type { RuleLogsource } from '../contract.ts'
import { antivirus, opencanary, qualys, rpcFirewall } from './applications.ts'
import { cloudtrail } from './aws.ts'
import { azureActivity, azureAudit, azureRisk, azureSignIn } from './azure.ts'
import { bitbucket, github, gitlab } from './development.ts'
import { gcpAudit, googleWorkspace } from './google.ts'
import { duo, okta, onelogin } from './identity.ts'
import { kubernetes } from './kubernetes.ts'
import { unix } from './linux.ts'
import { linuxEndpoint } from './linux-endpoint.ts'
import { macos } from './macos.ts'
import { microsoft365 } from './microsoft-365.ts'
import { dns, firewall, web } from './network.ts'
import { cisco, fortigate, paloalto } from './network-devices.ts'
import { type Taxonomy, toSnakeCase } from './taxonomy.ts'
import { knowsWindowsField, speaksWindows } from './windows.ts'
import { zeek } from './zeek.ts'

/** Every taxonomy but that of Windows, which has a view's shape to mind (`windows.ts`). */
const TAXONOMIES: readonly Taxonomy[] = [
  unix,
  linuxEndpoint,
  macos,
  web,
  dns,
  firewall,
  antivirus,
  cloudtrail,
  azureActivity,
  azureAudit,
  azureSignIn,
  azureRisk,
  gcpAudit,
  googleWorkspace,
  microsoft365,
  okta,
  onelogin,
  duo,
  github,
  bitbucket,
  gitlab,
  kubernetes,
  zeek,
  fortigate,
  paloalto,
  cisco,
  opencanary,
  rpcFirewall,
  qualys,
]

export const taxonomiesFor = (logsource: RuleLogsource): readonly Taxonomy[] => TAXONOMIES.filter((taxonomy) => taxonomy.applies(logsource))

/** What the vendor's own record may call the field, most likely first; dotted. */
export function vendorNamesOf({ vendorNames = {}, spellings }: Taxonomy, field: string): readonly string[] {
  const names = [...(own(vendorNames, field) ?? []), field]
  return spellings ? [...new Set(names.flatMap(spellings))] : names
}

/** The same as Elastic's modules keep it, where they keep the vendor's names. */
export const keptNamesOf = (taxonomy: Taxonomy, field: string): readonly string[] => {
  const names = vendorNamesOf(taxonomy, field)
  return taxonomy.snakeCase ? [...new Set([...names, ...names.map(toSnakeCase)])] : names
}

/**
 * Whether events of this logsource are known to carry the field: a taxonomy names it, or the source's fields are without number (a Windows provider's).
 * False is worth a warning to whoever wrote the rule, not more: vendors add fields.
 */
export const knowsField = (field: string, logsource: RuleLogsource): boolean =>
  (speaksWindows(logsource) && knowsWindowsField(field, logsource)) ||
  taxonomiesFor(logsource).some(
    ({ fields, vendorNames = {}, open }) => open === true || own(fields, field) !== undefined || own(vendorNames, field) !== undefined,
  )
