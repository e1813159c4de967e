import { own } from '../../own.ts'
import type { RuleLogsource } from '../contract.ts'

/** Names the same thing has in events that are no Sysmon's, by Sigma's category. */
const OTHER_NAMES: { readonly [category: string]: { readonly [sigmaField: string]: readonly string[] } } = {
  /** Security 4688, the process creation without Sysmon (as pySigma's Windows audit pipeline maps them). */
  process_creation: {
    Image: ['NewProcessName'],
    ParentImage: ['ParentProcessName'],
    User: ['SubjectUserName'],
    LogonId: ['SubjectLogonId'],
    IntegrityLevel: ['MandatoryLabel'],
  },
  /** Windows Defender's detections. */
  antivirus: { Signature: ['ThreatName', 'Threat Name'], Filename: ['Path'] },
  /** The kernel's file provider. */
  file_access: { FileName: ['TargetFilename'] },
}

/**
 * Names under which a Windows event may carry a Sigma field, the field's own first. Windows Defender and a few others put
 * spaces into theirs (`Threat Name`), which Sigma's names leave out.
 */
export function windowsNames(field: string, { category }: RuleLogsource): readonly string[] {
  const others = own(own(OTHER_NAMES, category ?? '') ?? {}, field) ?? []
  // Sysmon, which every category comes from, has no such names; not looking for them there saves time on each event.
  const spaced = category === undefined ? field.replaceAll('_', ' ').replaceAll(/([a-z])([A-Z])/g, '$1 $2') : field
  return spaced === field ? [field, ...others] : [field, ...others, spaced]
}

/** Categories whose events come from Windows alone, or from Windows too (`process_creation`). */
const CATEGORIES = new Set(
  'antivirus clipboard_capture create_remote_thread create_stream_hash dns_query driver_load file_access file_block_executable file_block_shredding file_change file_delete file_event file_executable_detected file_rename image_load network_connection pipe_created process_access process_creation process_tampering process_termination ps_classic_provider_start ps_classic_script ps_classic_start ps_module ps_script raw_access_thread registry_add registry_delete registry_event registry_rename registry_set sysmon_error sysmon_status wmi_event'.split(
    ' ',
  ),
)

/** Whether the rule may be about Windows events, and so uses their field names: a rule for a category of any system is. */
export const speaksWindows = ({ product, category }: RuleLogsource): boolean =>
  product === 'windows' || product === 'rpc_firewall' || (product === undefined && category !== undefined && CATEGORIES.has(category))

/** https://learn.microsoft.com/sysinternals/downloads/sysmon, all events together, and what PowerShell's and the kernel's providers write. */
const CATEGORY_FIELDS = new Set(
  `Archived CallTrace ClientInfo CommandLine Company Computer ComputerName Configuration ConfigurationFileHash Consumer Contents ContextInfo
  CreationUtcTime CurrentDirectory Data Description Destination DestinationHostname DestinationIp DestinationIsIpv6 DestinationPort DestinationPortName
  Details Device EventID EventNamespace EventType FileName FileVersion Filename Filter GrantedAccess Hash Hashes ID Image ImageLoaded Initiated IntegrityLevel
  IsExecutable Keywords LogonGuid LogonId Message Name NewName NewThreadId Operation OriginalFileName ParentCommandLine ParentImage ParentProcessGuid
  ParentProcessId ParentUser Path Payload PipeName PreviousCreationUtcTime ProcessGuid ProcessId Product Protocol Provider_Name Query QueryName QueryResults
  QueryStatus RuleName SchemaVersion ScriptBlockId ScriptBlockText Session Signature SignatureStatus Signed SourceFilename SourceHostname SourceImage SourceIp
  SourceIsIpv6 SourcePort SourcePortName SourceProcessGuid SourceProcessId SourceThreadId SourceUser StartAddress StartFunction StartModule State
  TargetFilename TargetImage TargetObject TargetProcessGuid TargetProcessId TargetUser TerminalSessionId Type User UtcTime Version`.split(/\s+/),
)

/** Fields of a category are Sysmon's; those of a service are its providers', and without number. */
export const knowsWindowsField = (field: string, { category }: RuleLogsource): boolean => category === undefined || CATEGORY_FIELDS.has(field)
