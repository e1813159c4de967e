import { eventOf, type NaiveEvent } from './event.ts'
import type { NaiveRule } from './naive-rule.ts'

/** Sigma's category for Sysmon's event ids, as SigmaHQ's logsource conventions list them. */
const SYSMON = new Map([
  [1, ['process_creation']],
  [2, ['file_change']],
  [3, ['network_connection']],
  [4, ['sysmon_status']],
  [5, ['process_termination']],
  [6, ['driver_load']],
  [7, ['image_load']],
  [8, ['create_remote_thread']],
  [9, ['raw_access_thread']],
  [10, ['process_access']],
  [11, ['file_event']],
  [13, ['registry_event', 'registry_set']],
  [14, ['registry_event', 'registry_rename']],
  [15, ['create_stream_hash']],
  [16, ['sysmon_status']],
  [17, ['pipe_created']],
  [18, ['pipe_created']],
  [19, ['wmi_event']],
  [20, ['wmi_event']],
  [21, ['wmi_event']],
  [22, ['dns_query']],
  [23, ['file_delete']],
  [24, ['clipboard_capture']],
  [25, ['process_tampering']],
  [26, ['file_delete']],
  [27, ['file_block_executable']],
  [28, ['file_block_shredding']],
  [29, ['file_executable_detected']],
])

/** Where process creations are audited without Sysmon, its fields have other names. */
const AUDITED: { readonly [field: string]: string } = {
  Image: 'NewProcessName',
  ParentImage: 'ParentProcessName',
  User: 'SubjectUserName',
  LogonId: 'SubjectLogonId',
  IntegrityLevel: 'MandatoryLabel',
}

/** A shipper's names for what the event's XML has in its header. */
const HEADER: { readonly [field: string]: readonly string[] } = {
  Provider_Name: ['Provider_Name', 'SourceName', 'ProviderName', 'Provider'],
  Computer: ['Computer', 'Hostname', 'ComputerName'],
  ComputerName: ['ComputerName', 'Computer', 'Hostname'],
  Execution_ProcessID: ['ExecutionProcessID'],
  // Data without names are only in the message there.
  Data: ['Data', 'Message'],
}

const SERVICES: { readonly [channel: string]: string } = {
  application: 'application',
  security: 'security',
  system: 'system',
  'microsoft-windows-sysmon/operational': 'sysmon',
  'microsoft-windows-powershell/operational': 'powershell',
  'windows powershell': 'powershell-classic',
  'microsoft-windows-windows firewall with advanced security/firewall': 'firewall-as',
  'microsoft-windows-wmi-activity/operational': 'wmi',
  'microsoft-windows-taskscheduler/operational': 'taskscheduler',
}

type FlatEvent = { readonly [field: string]: unknown }

/** A flat Windows event as rules of one category read it. */
export function flatWindowsEvent(event: FlatEvent, category: string | undefined): NaiveEvent {
  return eventOf(event, (field) => {
    const names = [...(HEADER[field] ?? []), field, category === 'process_creation' ? (AUDITED[field] ?? field) : field]
    // Some logs put spaces into their names, which Sigma leaves out.
    const spaced = Object.keys(event).find((name) => name.includes(' ') && name.replaceAll(' ', '') === field)
    return [...names, spaced ?? field].map((name) => event[name]).find((value) => value !== undefined)
  })
}

/** Which rules are put to a flat Windows event of the channels that the corpus has. */
export function isForEvent({ logsource }: NaiveRule, event: FlatEvent): boolean {
  const channel = String(event['Channel']).toLowerCase()
  const { product, service, category } = logsource
  if (product !== undefined && product !== 'windows') return false
  if (service !== undefined && service !== SERVICES[channel]) return false
  return category === undefined || categoriesOf(channel, Number(event['EventID']), String(event['EventType'])).includes(category)
}

function categoriesOf(channel: string, id: number, type: string): readonly string[] {
  if (channel === 'microsoft-windows-sysmon/operational') {
    if (id !== 12) return SYSMON.get(id) ?? []
    // A key or value is created or deleted; where the event does not say, it may be either.
    const kinds = [...(type.startsWith('Delete') ? [] : ['registry_add']), ...(type.startsWith('Create') ? [] : ['registry_delete'])]
    return ['registry_event', ...kinds]
  }
  if (channel === 'security') return { 4688: ['process_creation'], 4689: ['process_termination'] }[id] ?? []
  if (channel === 'microsoft-windows-powershell/operational') return { 4103: ['ps_module'], 4104: ['ps_script'] }[id] ?? []
  if (channel === 'windows powershell') return { 400: ['ps_classic_start'], 600: ['ps_classic_provider_start'], 800: ['ps_classic_script'] }[id] ?? []
  return []
}
