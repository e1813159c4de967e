import type { EventLogsource } from '../../event/event.ts'
import { own } from '../../own.ts'

/** What a Windows event must tell to be classified; each part may be missing. */
export interface WindowsOrigin {
  readonly channel?: string | undefined
  readonly eventId?: string | number | undefined
  readonly provider?: string | undefined
  /** Sysmon's `EventType` (`CreateKey`, `DeleteValue`, …), which tells registry additions from deletions. */
  readonly eventType?: string | undefined
}

/** Sigma's `service` by event channel, lower-cased: the convention of SigmaHQ's Windows rules. */
const SERVICE_BY_CHANNEL = new Map<string, string>(
  Object.entries({
    application: 'application',
    security: 'security',
    system: 'system',
    'microsoft-windows-sysmon/operational': 'sysmon',
    'microsoft-windows-powershell/operational': 'powershell',
    'powershellcore/operational': 'powershell',
    'windows powershell': 'powershell-classic',
    'microsoft-windows-applocker/exe and dll': 'applocker',
    'microsoft-windows-applocker/msi and script': 'applocker',
    'microsoft-windows-applocker/packaged app-deployment': 'applocker',
    'microsoft-windows-applocker/packaged app-execution': 'applocker',
    'microsoft-windows-appmodel-runtime/admin': 'appmodel-runtime',
    'microsoft-windows-appxdeploymentserver/operational': 'appxdeployment-server',
    'microsoft-windows-appxpackaging/operational': 'appxpackaging-om',
    'microsoft-windows-bitlocker/bitlocker management': 'bitlocker',
    'microsoft-windows-bits-client/operational': 'bits-client',
    'microsoft-windows-capi2/operational': 'capi2',
    'microsoft-windows-certificateservicesclient-lifecycle-system/operational': 'certificateservicesclient-lifecycle-system',
    'microsoft-windows-codeintegrity/operational': 'codeintegrity-operational',
    'microsoft-windows-dhcp-server/operational': 'dhcp',
    'microsoft-windows-diagnosis-scripted/operational': 'diagnosis-scripted',
    'microsoft-windows-dns client events/operational': 'dns-client',
    'microsoft-windows-dns-client/operational': 'dns-client',
    'dns server': 'dns-server',
    'microsoft-windows-dns-server/audit': 'dns-server-audit',
    'microsoft-windows-dns-server/analytical': 'dns-server-analytic',
    'microsoft-windows-driverframeworks-usermode/operational': 'driver-framework',
    'microsoft-windows-hyper-v-worker': 'hyper-v-worker',
    'microsoft-windows-hyper-v-worker-admin': 'hyper-v-worker',
    'microsoft-iis-configuration/operational': 'iis-configuration',
    'microsoft-windows-kernel-eventtracing': 'kernel-event-tracing',
    'microsoft-windows-kernel-shimengine/operational': 'kernel-shimengine',
    'microsoft-windows-kernel-shimengine/diagnostic': 'kernel-shimengine',
    'microsoft-windows-ldap-client/debug': 'ldap',
    'microsoft-windows-lsa/operational': 'lsa-server',
    'microsoft-servicebus-client': 'microsoft-servicebus-client',
    'microsoft-servicebus-client/operational': 'microsoft-servicebus-client',
    'microsoft-servicebus-client/admin': 'microsoft-servicebus-client',
    'msexchange management': 'msexchange-management',
    'microsoft-windows-ntfs/operational': 'ntfs',
    'microsoft-windows-ntlm/operational': 'ntlm',
    'openssh/operational': 'openssh',
    'microsoft-windows-printservice/admin': 'printservice-admin',
    'microsoft-windows-printservice/operational': 'printservice-operational',
    'microsoft-windows-security-mitigations/kernel mode': 'security-mitigations',
    'microsoft-windows-security-mitigations/user mode': 'security-mitigations',
    'microsoft-windows-shell-core/operational': 'shell-core',
    'microsoft-windows-smbclient/audit': 'smbclient-audit',
    'microsoft-windows-smbclient/connectivity': 'smbclient-connectivity',
    'microsoft-windows-smbclient/security': 'smbclient-security',
    'microsoft-windows-smbserver/audit': 'smbserver-audit',
    'microsoft-windows-smbserver/connectivity': 'smbserver-connectivity',
    'microsoft-windows-smbserver/security': 'smbserver-security',
    'microsoft-windows-taskscheduler/operational': 'taskscheduler',
    'microsoft-windows-terminalservices-localsessionmanager/operational': 'terminalservices-localsessionmanager',
    'microsoft-windows-vhdmp/operational': 'vhdmp',
    'microsoft-windows-windows defender/operational': 'windefend',
    'microsoft-windows-windows firewall with advanced security/firewall': 'firewall-as',
    'microsoft-windows-wmi-activity/operational': 'wmi',
  }),
)

/** Every service that a Windows event can be of. */
export const WINDOWS_SERVICES: readonly string[] = [...new Set(SERVICE_BY_CHANNEL.values())]

/** The channel where a record carries only its provider (some shippers drop the channel), lower-cased. */
const CHANNEL_BY_PROVIDER = new Map<string, string>(
  Object.entries({
    'microsoft-windows-sysmon': 'microsoft-windows-sysmon/operational',
    'microsoft-windows-security-auditing': 'security',
    'microsoft-windows-powershell': 'microsoft-windows-powershell/operational',
    powershellcore: 'powershellcore/operational',
    powershell: 'windows powershell',
    'service control manager': 'system',
    'microsoft-windows-windows defender': 'microsoft-windows-windows defender/operational',
    'microsoft-windows-taskscheduler': 'microsoft-windows-taskscheduler/operational',
    'microsoft-windows-wmi-activity': 'microsoft-windows-wmi-activity/operational',
    'linux-sysmon': 'linux-sysmon/operational',
    rpcfw: 'rpcfw',
  }),
)

const NONE: readonly string[] = []

const SYSMON_CHANNELS = new Set(['microsoft-windows-sysmon/operational', 'linux-sysmon/operational'])

/** Channels that in Sigma's words are another product's. Without categories of its own a channel has those of its events. */
const OTHER_PRODUCTS: {
  readonly [channel: string]: { readonly product: string; readonly service: string | undefined; readonly categories?: readonly string[] }
} = {
  // Sysmon for Linux writes the same events.
  'linux-sysmon/operational': { product: 'linux', service: 'sysmon' },
  rpcfw: { product: 'rpc_firewall', service: undefined, categories: ['application'] },
}

/** https://learn.microsoft.com/sysinternals/downloads/sysmon#events; categories as SigmaHQ's Sysmon mapping names them. */
const SYSMON_CATEGORIES: { readonly [eventId: string]: readonly string[] } = {
  1: ['process_creation'],
  2: ['file_change'],
  3: ['network_connection'],
  4: ['sysmon_status'],
  5: ['process_termination'],
  6: ['driver_load'],
  7: ['image_load'],
  8: ['create_remote_thread'],
  9: ['raw_access_thread'],
  10: ['process_access'],
  11: ['file_event'],
  12: ['registry_event', 'registry_add', 'registry_delete'],
  13: ['registry_event', 'registry_set'],
  14: ['registry_event', 'registry_rename'],
  15: ['create_stream_hash'],
  16: ['sysmon_status'],
  17: ['pipe_created'],
  18: ['pipe_created'],
  19: ['wmi_event'],
  20: ['wmi_event'],
  21: ['wmi_event'],
  22: ['dns_query'],
  23: ['file_delete'],
  24: ['clipboard_capture'],
  25: ['process_tampering'],
  26: ['file_delete'],
  27: ['file_block_executable'],
  28: ['file_block_shredding'],
  29: ['file_executable_detected'],
  255: ['sysmon_error'],
}
const REGISTRY_ADDED: readonly string[] = ['registry_event', 'registry_add']
const REGISTRY_DELETED: readonly string[] = ['registry_event', 'registry_delete']

const MALWARE_FOUND: readonly string[] = ['antivirus']

const CATEGORIES_BY_CHANNEL: { readonly [channel: string]: { readonly [eventId: string]: readonly string[] } } = {
  security: { 4688: ['process_creation'], 4689: ['process_termination'] },
  'microsoft-windows-powershell/operational': { 4103: ['ps_module'], 4104: ['ps_script'] },
  'powershellcore/operational': { 4103: ['ps_module'], 4104: ['ps_script'] },
  'windows powershell': { 400: ['ps_classic_start'], 600: ['ps_classic_provider_start'], 800: ['ps_classic_script'] },
  // https://learn.microsoft.com/defender-endpoint/troubleshoot-microsoft-defender-antivirus
  'microsoft-windows-windows defender/operational': {
    1006: MALWARE_FOUND,
    1007: MALWARE_FOUND,
    1008: MALWARE_FOUND,
    1015: MALWARE_FOUND,
    1116: MALWARE_FOUND,
    1117: MALWARE_FOUND,
    1118: MALWARE_FOUND,
    1119: MALWARE_FOUND,
  },
  // The kernel's file provider, which SigmaHQ names as the source of `file_access` and `file_rename`.
  'microsoft-windows-kernel-file/analytic': { 12: ['file_access'], 26: ['file_delete'], 27: ['file_rename'], 30: ['file_event'] },
}

/** Sysmon's and those of the kernel's file provider; also Defender's detections, which speak of malware as any scanner does. */
const categoriesOf = (channel: string, eventId: string): readonly string[] =>
  own(SYSMON_CHANNELS.has(channel) ? SYSMON_CATEGORIES : (own(CATEGORIES_BY_CHANNEL, channel) ?? {}), eventId) ?? NONE

/** One kind of Windows event, by channel and event id. */
interface Kind {
  readonly logsource: EventLogsource
  /** A registry key or value that was added or deleted: Sysmon tells them by the event's type alone. */
  readonly added?: EventLogsource
  readonly deleted?: EventLogsource
}

const REGISTRY_KEY_EVENT = '12'

function kindOf(channel: string, eventId: string): Kind {
  const other = own(OTHER_PRODUCTS, channel)
  const of = (categories: readonly string[]): EventLogsource =>
    other ? { ...other, categories } : { product: 'windows', service: SERVICE_BY_CHANNEL.get(channel), categories }
  const logsource = of(other?.categories ?? categoriesOf(channel, eventId))
  const isRegistryKey = SYSMON_CHANNELS.has(channel) && eventId === REGISTRY_KEY_EVENT
  return isRegistryKey ? { logsource, added: of(REGISTRY_ADDED), deleted: of(REGISTRY_DELETED) } : { logsource }
}

type Kinds = Map<string, Map<string | number, Kind>>

/** Kinds already worked out: a classification is asked for per event, and there are few. Bounded, for the input is not ours. */
const byChannel: Kinds = new Map()
const byProvider: Kinds = new Map()
const KNOWN_LIMIT = 4_096
let knownCount = 0

/**
 * Sigma's logsource of a Windows event: its channel gives the service, channel and event id the categories. A Sysmon registry
 * event falls into `registry_event` and the narrower category; Security 4688 is a process creation too.
 */
export const classifyWindows = ({ channel, eventId, provider, eventType }: WindowsOrigin): EventLogsource =>
  classifyWindowsParts(channel, eventId, provider, eventType)

/** The same from the record's values as they stand. Events of one kind get the same object, and nothing is made on the way to it. */
export function classifyWindowsParts(channel: unknown, eventId: unknown, provider: unknown, eventType: unknown): EventLogsource {
  const id = typeof eventId === 'number' || typeof eventId === 'string' ? eventId : textInside(eventId)
  const kind = typeof channel === 'string' ? known(byChannel, channel, id) : known(byProvider, typeof provider === 'string' ? provider : '', id)
  if (kind.added === undefined || typeof eventType !== 'string') return kind.logsource
  if (eventType.startsWith('Create')) return kind.added
  return eventType.startsWith('Delete') && kind.deleted ? kind.deleted : kind.logsource
}

function known(kinds: Kinds, origin: string, id: string | number): Kind {
  const seen = kinds.get(origin)?.get(id)
  if (seen) return seen
  if (knownCount >= KNOWN_LIMIT) {
    byChannel.clear()
    byProvider.clear()
    knownCount = 0
  }
  const lower = origin.toLowerCase()
  const kind = kindOf(kinds === byChannel ? lower : (CHANNEL_BY_PROVIDER.get(lower) ?? ''), String(id))
  const ofOrigin = kinds.get(origin) ?? new Map<string | number, Kind>()
  kinds.set(origin, ofOrigin)
  ofOrigin.set(id, kind)
  knownCount++
  return kind
}

/** evtx_dump writes an element that also has attributes (`Qualifiers`) as an object with the text inside. */
const textInside = (value: unknown): string | number => {
  const text = typeof value === 'object' && value !== null ? (value as { readonly '#text'?: unknown })['#text'] : undefined
  return typeof text === 'number' || typeof text === 'string' ? text : ''
}
