import type { EventLogsource } from '../../event/event.ts'
import { own } from '../../own.ts'
import { classifyShape } from './shape-of.ts'

const NONE: readonly string[] = []
const of = (product: string | undefined, service?: string, ...categories: string[]): EventLogsource => ({
  product,
  service,
  categories: categories.length > 0 ? categories : NONE,
})
const WEB = ['webserver']
const DATABASE = of('sql', undefined, 'database', 'application')

/**
 * Sigma's logsource by `event.dataset`: what this normaliser, Elastic's integrations and the Beats' modules write there. A name with `.*` stands for a
 * module's other datasets.
 */
const DATASETS: { readonly [dataset: string]: EventLogsource } = {
  'aws.cloudtrail': of('aws', 'cloudtrail'),
  'aws.vpcflow': of('aws', 'vpcflow', 'firewall'),
  'azure.activitylogs': of('azure', 'activitylogs'),
  'azure.auditlogs': of('azure', 'auditlogs'),
  'azure.signinlogs': of('azure', 'signinlogs'),
  'azure.identity_protection': of('azure', 'riskdetection'),
  'entityanalytics_entra_id.*': of('azure', 'auditlogs'),
  'gcp.audit': of('gcp', 'gcp.audit'),
  'gcp.firewall': of('gcp', 'gcp.firewall', 'firewall'),
  'gcp.vpcflow': of('gcp', 'gcp.vpcflow', 'firewall'),
  'google_workspace.admin': of('gcp', 'google_workspace.admin'),
  'google_workspace.login': of('gcp', 'google_workspace.login'),
  'google_workspace.*': of('gcp'),
  'o365.audit': of('m365', 'audit'),
  'okta.system': of('okta', 'okta'),
  'onelogin.events': of('onelogin', 'onelogin.events'),
  'github.audit': of('github', 'audit'),
  'gitlab.audit': of('gitlab', 'audit'),
  'bitbucket.audit': of('bitbucket', 'audit'),
  'atlassian_bitbucket.audit': of('bitbucket', 'audit'),
  'kubernetes.audit': of('kubernetes', 'audit', 'application'),
  'kubernetes.audit_logs': of('kubernetes', 'audit', 'application'),
  'cisco_duo.auth': of('cisco', 'duo'),
  'cisco.asa': of('cisco', 'asa', 'firewall'),
  'cisco_asa.log': of('cisco', 'asa', 'firewall'),
  'cisco.ftd': of('cisco', 'ftd', 'firewall'),
  'cisco_ftd.log': of('cisco', 'ftd', 'firewall'),
  'cisco.ios': of('cisco', 'syslog'),
  'cisco_ios.log': of('cisco', 'syslog'),
  'cisco.umbrella': of('cisco', 'umbrella', 'dns'),
  'cisco_umbrella.log': of('cisco', 'umbrella', 'dns'),
  'cisco_meraki.log': of('cisco', 'meraki', 'firewall'),
  'fortinet.firewall': of('fortigate', undefined, 'firewall'),
  'fortinet_fortigate.log': of('fortigate', undefined, 'firewall'),
  'panw.panos': of('paloalto', undefined, 'firewall'),
  'juniper.junos': of('juniper', 'syslog', 'firewall'),
  'juniper_srx.log': of('juniper', 'srx', 'firewall'),
  'checkpoint.firewall': of('checkpoint', undefined, 'firewall'),
  'sophos.xg': of('sophos', undefined, 'firewall'),
  'sonicwall_firewall.log': of('sonicwall', undefined, 'firewall'),
  'pfsense.log': of('pfsense', undefined, 'firewall'),
  'iptables.log': of('linux', undefined, 'firewall'),
  'netflow.log': of(undefined, 'netflow'),
  'nginx.access': { service: undefined, categories: WEB },
  'nginx.ingress_controller': { service: undefined, categories: WEB },
  'nginx.error': of(undefined, 'nginx'),
  'apache.access': { service: undefined, categories: WEB },
  'apache.error': of(undefined, 'apache'),
  'iis.access': of(undefined, 'iis', 'webserver'),
  'haproxy.log': { service: undefined, categories: WEB },
  'traefik.access': { service: undefined, categories: WEB },
  'tomcat.log': of('jvm', undefined, 'application'),
  'squid.log': of(undefined, 'squid', 'proxy'),
  'zscaler_zia.web': of('zscaler', undefined, 'proxy'),
  'zscaler.zia': of('zscaler', undefined, 'proxy'),
  'bluecoat.director': of('bluecoat', undefined, 'proxy'),
  'netskope.events': of('netskope', undefined, 'proxy'),
  'postgresql.log': DATABASE,
  'mysql.error': DATABASE,
  'mysql.slowlog': DATABASE,
  'mssql.log': DATABASE,
  'microsoft_sqlserver.log': DATABASE,
  'oracle.database_audit': DATABASE,
  'mongodb.log': of('mongodb', undefined, 'database'),
  'system.auth': of('linux', 'auth'),
  'system.syslog': of('linux', 'syslog'),
  'auditd.log': of('linux', 'auditd'),
  'auditd_manager.auditd': of('linux', 'auditd'),
  'opencanary.*': of('opencanary', undefined, 'application'),
  'zeek.dns': of('zeek', 'dns', 'dns'),
  'suricata.eve': of('suricata'),
  'clamav.log': of('linux', 'clamav'),
}

/** Datasets whose every name tells the service: `zeek.smb_files`. */
const SERVICE_IS_DATASET = new Set(['zeek'])

const AUTH_PROGRAMS: { readonly [program: string]: string } = { sshd: 'sshd', sudo: 'sudo', su: 'su' }

const textAt = (document: object, section: string, field: string): string | undefined => {
  const part = (document as { readonly [name: string]: unknown })[section]
  const value = typeof part === 'object' && part !== null ? (part as { readonly [name: string]: unknown })[field] : undefined
  return typeof value === 'string' ? value : Array.isArray(value) && typeof value[0] === 'string' ? value[0] : undefined
}

/** Sigma's product by `host.os.type`, `platform` or `family`. */
const PRODUCT_BY_OS: { readonly [os: string]: string } = { windows: 'windows', linux: 'linux', macos: 'macos', darwin: 'macos', 'pan-os': 'paloalto' }

function productOf(document: object): string | undefined {
  const host = (document as { readonly host?: { readonly os?: object } | null }).host
  const os = host !== null && typeof host === 'object' && typeof host.os === 'object' && host.os !== null ? { os: host.os } : undefined
  if (!os) return undefined
  for (const field of ['type', 'platform', 'family']) {
    const product = own(PRODUCT_BY_OS, textAt(os, 'os', field)?.toLowerCase() ?? '')
    if (product) return product
  }
  // Distributions' own names (`ubuntu`, `rhel`) stand under platform; family says `debian` or `redhat`.
  return textAt(os, 'os', 'kernel') === undefined ? undefined : 'linux'
}

/** ECS category and type of what an agent on the host saw → Sigma's category. */
const HOST_CATEGORIES: { readonly [kind: string]: readonly string[] } = {
  'process start': ['process_creation'],
  'process end': ['process_termination'],
  'file creation': ['file_event'],
  'file deletion': ['file_delete'],
  'file access': ['file_access'],
  'network start': ['network_connection'],
  'network connection': ['network_connection'],
  'library start': ['image_load'],
  'driver start': ['driver_load'],
  'registry change': ['registry_set', 'registry_event'],
  'registry creation': ['registry_add', 'registry_event'],
  'registry deletion': ['registry_delete', 'registry_event'],
}

/** Kinds of host event already answered; few, for the products, categories and types are ECS's own words. */
const hostEvents = new Map<string, EventLogsource>()
const HOST_EVENTS_LIMIT = 512

function classifyHostEvent(document: object): EventLogsource | undefined {
  const product = productOf(document)
  if (product === undefined) return undefined
  const key = `${product} ${textAt(document, 'event', 'category')} ${textAt(document, 'event', 'type')}`
  const seen = hostEvents.get(key)
  if (seen) return seen
  const categories = own(HOST_CATEGORIES, key.slice(product.length + 1))
  // On a firewall's own system the one service that rules look at is the gateway.
  const logsource = of(product, product === 'paloalto' ? 'globalprotect' : undefined, ...(categories ?? []))
  if (hostEvents.size >= HOST_EVENTS_LIMIT) hostEvents.clear()
  hostEvents.set(key, logsource)
  return logsource
}

const byDataset = new Map<string, EventLogsource | undefined>()
const DATASETS_LIMIT = 1_024

function ofDataset(dataset: string): EventLogsource | undefined {
  if (byDataset.has(dataset)) return byDataset.get(dataset)
  const dot = dataset.indexOf('.')
  const module = dot < 0 ? dataset : dataset.slice(0, dot)
  const service = SERVICE_IS_DATASET.has(module) && dot > 0 ? of(module, dataset.slice(dot + 1)) : undefined
  const found = own(DATASETS, dataset) ?? service ?? own(DATASETS, `${module}.*`)
  if (byDataset.size >= DATASETS_LIMIT) byDataset.clear()
  byDataset.set(dataset, found)
  return found
}

/**
 * Sigma's logsource of an ECS document that another producer made: by its dataset (or module), else by what an agent on a host says it saw, else by its
 * shape. No part of it is set where nothing is known.
 */
export function classifyEcs(document: object): EventLogsource {
  const dataset = textAt(document, 'event', 'dataset') ?? textAt(document, 'data_stream', 'dataset')
  const module = textAt(document, 'event', 'module')
  const known = (dataset === undefined ? undefined : ofDataset(dataset)) ?? (module === 'auditd' ? DATASETS['auditd.log'] : undefined)
  if (!known) return classifyHostEvent(document) ?? classifyShape(document)
  return narrow(document, known)
}

const EXCHANGE = of('m365', 'exchange')
const ALERTS = of('m365', 'threat_management')
const FORTIGATE_EVENT = of('fortigate', 'event')
const PALOALTO_GLOBALPROTECT = of('paloalto', 'globalprotect', 'appliance')
const AUDITD_PROCESS = of('linux', 'auditd', 'process_creation')
const AUTH: { readonly [service: string]: EventLogsource } = { sshd: of('linux', 'sshd'), sudo: of('linux', 'sudo'), su: of('linux', 'su') }

/** Datasets that hold several of Sigma's logsources are told apart by one more field. */
function narrow(document: object, logsource: EventLogsource): EventLogsource {
  if (logsource.service === 'auth') return own(AUTH, own(AUTH_PROGRAMS, textAt(document, 'process', 'name') ?? '') ?? '') ?? logsource
  if (logsource.service === 'auditd') return textAt(document, 'event', 'action') === 'executed' ? AUDITD_PROCESS : logsource
  if (logsource.product === 'm365') {
    const provider = textAt(document, 'event', 'provider')
    return provider === 'Exchange' ? EXCHANGE : provider === 'SecurityComplianceCenter' || provider === 'ThreatIntelligence' ? ALERTS : logsource
  }
  if (logsource.product === 'fortigate') return deep(document, 'fortinet', 'firewall', 'type') === 'event' ? FORTIGATE_EVENT : logsource
  if (logsource.product === 'paloalto')
    return deep(document, 'panw', 'panos', 'type')?.toUpperCase() === 'GLOBALPROTECT' ? PALOALTO_GLOBALPROTECT : logsource
  return logsource
}

const deep = (document: object, vendor: string, section: string, field: string): string | undefined => {
  const part = (document as { readonly [name: string]: unknown })[vendor]
  return typeof part === 'object' && part !== null ? textAt(part, section, field) : undefined
}
