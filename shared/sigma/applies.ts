import type { EventLogsource } from '../event/event.ts'
import type { RuleLogsource } from './contract.ts'

/**
 * Services whose records lie in another service's log too: Sigma's `auth` is the whole of /var/log/auth.log, in which sshd, sudo and su write.
 * An event names the most specific service; a rule for a wider one sees it too.
 */
const WIDER_SERVICES: { readonly [service: string]: readonly string[] } = {
  sshd: ['auth'],
  sudo: ['auth'],
  su: ['auth'],
  cron: ['syslog'],
  clamav: ['syslog'],
  guacamole: ['syslog'],
  vsftpd: ['syslog'],
  // A router's one log holds what it says of sign-ins and of its protocols.
  aaa: ['syslog'],
  bgp: ['syslog'],
  ldp: ['syslog'],
  sslvpnd: ['event'],
  // Microsoft 365 has one audit log, whose alerts SigmaHQ's rules look for under two names.
  exchange: ['audit'],
  threat_management: ['audit', 'threat_detection'],
  threat_detection: ['audit', 'threat_management'],
  // Workspace's activity arrives through Google Cloud's log as well.
  'google_workspace.admin': ['gcp.audit'],
  'google_workspace.login': ['gcp.audit'],
}

/** Frameworks whose errors are errors of what they run on. */
const WIDER_PRODUCTS: { readonly [product: string]: readonly string[] } = {
  spring: ['jvm'],
  velocity: ['jvm'],
  django: ['python'],
  fortigate: ['fortios'],
}

const NONE: readonly string[] = []
const wider = (table: { readonly [name: string]: readonly string[] }, name: string): readonly string[] =>
  (Object.hasOwn(table, name) ? table[name] : undefined) ?? NONE

/** Whether events of this logsource are the rule's: they must carry every part the rule names. Rule parts are lower-case. */
export function applies(rule: RuleLogsource, event: EventLogsource): boolean {
  if (rule.product !== undefined && !isOrIsWithin(rule.product, event.product?.toLowerCase(), WIDER_PRODUCTS)) return false
  if (rule.service !== undefined && !isOrIsWithin(rule.service, event.service?.toLowerCase(), WIDER_SERVICES)) return false
  return rule.category === undefined || event.categories.some((category) => category.toLowerCase() === rule.category)
}

const isOrIsWithin = (wanted: string, name: string | undefined, table: { readonly [name: string]: readonly string[] }): boolean =>
  wanted === name || (name !== undefined && wider(table, name).includes(wanted))

/**
 * What an event must name to be of a rule's log source, lower-case, for whoever looks for events by their columns; undefined where the rule does not say.
 * Necessary, and for `applies` still to be asked: sufficient only together.
 */
export const logsourceNames = ({
  product,
  service,
}: RuleLogsource): { readonly products: readonly string[] | undefined; readonly services: readonly string[] | undefined } => ({
  products: product === undefined ? undefined : withNarrower(product, WIDER_PRODUCTS),
  services: service === undefined ? undefined : withNarrower(service, WIDER_SERVICES),
})

const withNarrower = (name: string, table: { readonly [name: string]: readonly string[] }): string[] => [
  name,
  ...Object.keys(table).filter((narrower) => wider(table, narrower).includes(name)),
]
