import type { EventLogsource } from '../event/event.ts'
import type { RuleLogsource } from './contract.ts'

/**
 * Services whose records lie in another service's log: Sigma's `auth` is the whole of /var/log/auth.log, in which sshd, sudo and su write.
 * An event names the most specific service; a rule for the wider one sees it too.
 */
const WIDER_SERVICES: { readonly [service: string]: string } = { sshd: 'auth', sudo: 'auth', su: 'auth' }

/** Whether events of this logsource are the rule's: they must carry every part the rule names. Rule parts are lower-case. */
export function applies(rule: RuleLogsource, event: EventLogsource): boolean {
  if (rule.product !== undefined && rule.product !== event.product?.toLowerCase()) return false
  if (rule.service !== undefined && !isService(rule.service, event.service?.toLowerCase())) return false
  return rule.category === undefined || event.categories.some((category) => category.toLowerCase() === rule.category)
}

const isService = (wanted: string, service: string | undefined): boolean =>
  wanted === service || (service !== undefined && Object.hasOwn(WIDER_SERVICES, service) && wanted === WIDER_SERVICES[service])
