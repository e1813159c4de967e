import type { RuleLogsource } from '../contract.ts'
import { WINDOWS_SERVICES } from '../taxonomies/windows-logsource.ts'

const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '')

const UNIX = 'process_creation process_termination file_event file_delete file_change network_connection dns_query'

/** Categories that need no product: any vendor's records may be of them. */
const ANY_PRODUCT = words(`antivirus database dns firewall proxy webserver application process_creation file_event network_connection dns_query
  authentication`)

/** Services that rules name without a product. */
const ANY_PRODUCT_SERVICES = words('apache nginx iis netflow')

/**
 * Log sources rules are written for: SigmaHQ's (https://github.com/SigmaHQ/sigma-specification, appendix "Taxonomy"), and those Picket's formats
 * give. Product → its categories and services; none listed: the product stands alone.
 */
const PRODUCTS: { readonly [product: string]: { readonly categories?: string; readonly services?: string } } = {
  windows: {
    categories: `antivirus clipboard_capture create_remote_thread create_stream_hash dns_query driver_load file_access file_block_executable file_block_shredding
      file_change file_delete file_delete_detected file_event file_executable_detected file_rename image_load network_connection pipe_created process_access
      process_creation process_tampering process_termination ps_classic_provider_start ps_classic_script ps_classic_start ps_module ps_script raw_access_thread
      registry_add registry_delete registry_event registry_rename registry_set sysmon_error sysmon_status wmi_event`,
    // Rules for IIS name it with and without Windows.
    services: `${WINDOWS_SERVICES.join(' ')} iis`,
  },
  linux: { categories: UNIX, services: 'auditd auth clamav cron guacamole sshd su sudo syslog vsftpd' },
  macos: { categories: UNIX },
  aws: { services: 'cloudtrail guardduty waf vpcflow' },
  azure: { services: 'activitylogs auditlogs signinlogs riskdetection pim' },
  gcp: { services: 'gcp.audit google_workspace.admin google_workspace.login' },
  m365: { services: 'audit exchange threat_detection threat_management' },
  okta: { services: 'okta' },
  onelogin: { services: 'onelogin.events' },
  github: { services: 'audit' },
  gitlab: { services: 'audit' },
  bitbucket: { services: 'audit' },
  kubernetes: { categories: 'application', services: 'audit' },
  cisco: { services: 'aaa asa bgp duo ftd ldp syslog' },
  huawei: { services: 'bgp' },
  juniper: { services: 'bgp' },
  fortigate: { services: 'event traffic utm' },
  fortios: { services: 'sslvpnd' },
  paloalto: { categories: 'appliance file_event', services: 'config globalprotect system threat traffic' },
  zeek: { services: 'conn dce_rpc dns files http kerberos ntlm rdp smb_files smb_mapping ssh ssl x509' },
  opencanary: { categories: 'application' },
  rpc_firewall: { categories: 'application' },
  qualys: {},
  django: { categories: 'application' },
  jvm: { categories: 'application' },
  nodejs: { categories: 'application' },
  python: { categories: 'application' },
  ruby_on_rails: { categories: 'application' },
  spring: { categories: 'application' },
  sql: { categories: 'application' },
  velocity: { categories: 'application' },
}

export const KNOWN_PRODUCTS: readonly string[] = Object.keys(PRODUCTS)

/** What a product's log sources are called; of any product where none is given. Undefined: there is no such product. */
export function knownPartsOf(
  product: string | undefined,
): { readonly categories: readonly string[]; readonly services: readonly string[] } | undefined {
  if (product === undefined) return { categories: ANY_PRODUCT, services: ANY_PRODUCT_SERVICES }
  const found = Object.hasOwn(PRODUCTS, product) ? PRODUCTS[product] : undefined
  return (
    found && { categories: [...words(found.categories ?? ''), ...(product === 'windows' ? [] : ANY_PRODUCT)], services: words(found.services ?? '') }
  )
}

/** What is wrong with a logsource's parts: the part, what it says, and the names it could be. Undefined where it is known. */
export function unknownPart({
  product,
  category,
  service,
}: RuleLogsource): { part: keyof RuleLogsource; value: string; known: readonly string[] } | undefined {
  const parts = knownPartsOf(product)
  if (!parts) return { part: 'product', value: product ?? '', known: KNOWN_PRODUCTS }
  if (category !== undefined && !parts.categories.includes(category)) return { part: 'category', value: category, known: parts.categories }
  if (service !== undefined && !parts.services.includes(service)) return { part: 'service', value: service, known: parts.services }
  return undefined
}
