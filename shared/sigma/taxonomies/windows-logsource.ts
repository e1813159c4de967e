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
  }),
)

const NONE: readonly string[] = []

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

const CATEGORIES_BY_CHANNEL: { readonly [channel: string]: { readonly [eventId: string]: readonly string[] } } = {
  security: { 4688: ['process_creation'], 4689: ['process_termination'] },
  'microsoft-windows-powershell/operational': { 4103: ['ps_module'], 4104: ['ps_script'] },
  'powershellcore/operational': { 4103: ['ps_module'], 4104: ['ps_script'] },
  'windows powershell': { 400: ['ps_classic_start'], 600: ['ps_classic_provider_start'], 800: ['ps_classic_script'] },
  // The kernel's file provider, which SigmaHQ names as the source of `file_access` and `file_rename`.
  'microsoft-windows-kernel-file/analytic': { 12: ['file_access'], 26: ['file_delete'], 27: ['file_rename'], 30: ['file_event'] },
}

function categoriesOf(channel: string, eventId: string, eventType: string | undefined): readonly string[] {
  if (channel !== 'microsoft-windows-sysmon/operational') return own(own(CATEGORIES_BY_CHANNEL, channel) ?? {}, eventId) ?? NONE
  if (eventId === '12' && eventType?.startsWith('Delete')) return REGISTRY_DELETED
  if (eventId === '12' && eventType?.startsWith('Create')) return REGISTRY_ADDED
  return own(SYSMON_CATEGORIES, eventId) ?? NONE
}

/** Answers already worked out: a classification is asked for per event, and there are few kinds. Bounded, for the input is not ours. */
const known = new Map<string, EventLogsource>()
const KNOWN_LIMIT = 4_096

/**
 * Sigma's logsource of a Windows event: its channel gives the service, channel and event id the categories. A Sysmon registry
 * event falls into `registry_event` and the narrower category; Security 4688 is a process creation too.
 */
export function classifyWindows({ channel, eventId, provider, eventType }: WindowsOrigin): EventLogsource {
  const key = `${channel}\n${eventId}\n${provider}\n${eventType}`
  const seen = known.get(key)
  if (seen) return seen
  const place = channel?.toLowerCase() ?? CHANNEL_BY_PROVIDER.get(provider?.toLowerCase() ?? '') ?? ''
  const logsource = {
    product: 'windows',
    service: SERVICE_BY_CHANNEL.get(place),
    categories: categoriesOf(place, String(eventId ?? ''), eventType),
  }
  if (known.size >= KNOWN_LIMIT) known.clear()
  known.set(key, logsource)
  return logsource
}
