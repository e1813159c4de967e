import type { RuleLogsource } from '../contract.ts'

/** What the Windows events of one category or service hold, by the names rules use. */
export interface LogSchema {
  readonly logsource: RuleLogsource
  /** True: the list is complete, so that another field is never there. */
  readonly complete: boolean
  readonly fields: readonly string[]
}

/** The frame of every Windows event (Event/System), with attributes joined by `_`. */
const FRAME = `EventID Provider_Name Provider_Guid Channel Computer ComputerName EventRecordID Level Keywords Task Opcode Version Message
  Execution_ProcessID Execution_ThreadID Security_UserID TimeCreated_SystemTime`

/** What every Sysmon event carries. */
const SYSMON = `${FRAME} RuleName UtcTime ProcessGuid ProcessId Image User EventType`
const SIGNED = 'Hashes Signed Signature SignatureStatus'
const VERSION_INFO = 'FileVersion Description Product Company OriginalFileName'
const THREAD = 'SourceProcessId SourceImage SourceUser TargetProcessId TargetImage TargetUser'
/** Security 4688, the process creation without Sysmon. */
const PROCESS_AUDIT = `NewProcessName NewProcessId ParentProcessName MandatoryLabel TokenElevationType SubjectUserName SubjectUserSid SubjectDomainName SubjectLogonId
  TargetUserName TargetUserSid TargetDomainName TargetLogonId`

/** Sysmon's events, as https://learn.microsoft.com/sysinternals/downloads/sysmon lists them. */
const WINDOWS_CATEGORIES: { readonly [category: string]: string } = {
  process_creation: `${VERSION_INFO} CommandLine CurrentDirectory LogonGuid LogonId TerminalSessionId IntegrityLevel Hashes ParentProcessGuid ParentProcessId ParentImage
    ParentCommandLine ParentUser ${PROCESS_AUDIT}`,
  process_termination: '',
  process_tampering: 'Type',
  process_access: `${THREAD} SourceProcessGUID SourceThreadId TargetProcessGUID GrantedAccess CallTrace`,
  create_remote_thread: `${THREAD} SourceProcessGuid TargetProcessGuid NewThreadId StartAddress StartModule StartFunction`,
  raw_access_thread: 'Device',
  file_event: 'TargetFilename CreationUtcTime',
  file_change: 'TargetFilename CreationUtcTime PreviousCreationUtcTime',
  file_delete: 'TargetFilename Hashes IsExecutable Archived',
  file_delete_detected: 'TargetFilename Hashes IsExecutable',
  file_block_executable: 'TargetFilename Hashes',
  file_block_shredding: 'TargetFilename Hashes IsExecutable',
  file_executable_detected: 'TargetFilename Hashes',
  create_stream_hash: 'TargetFilename CreationUtcTime Hash Contents',
  driver_load: `ImageLoaded ${SIGNED}`,
  image_load: `ImageLoaded ${VERSION_INFO} ${SIGNED}`,
  network_connection: `Protocol Initiated SourceIsIpv6 SourceIp SourceHostname SourcePort SourcePortName DestinationIsIpv6 DestinationIp DestinationHostname
    DestinationPort DestinationPortName`,
  dns_query: 'QueryName QueryStatus QueryResults',
  pipe_created: 'PipeName',
  registry_add: 'TargetObject',
  registry_delete: 'TargetObject',
  registry_set: 'TargetObject Details',
  registry_rename: 'TargetObject NewName',
  registry_event: 'TargetObject Details NewName',
  wmi_event: 'Operation Name EventNamespace Query Type Destination Consumer Filter',
  clipboard_capture: 'Session ClientInfo Hashes Archived',
  sysmon_status: 'State SchemaVersion Configuration ConfigurationFileHash',
  sysmon_error: 'ID Description',
}

/** Windows events from elsewhere; the lists hold what rules ask for most, not all there is. */
const WINDOWS_OTHER: { readonly [category: string]: string } = {
  file_access: 'Image FileName ParentImage User',
  file_rename: 'Image SourceFilename TargetFilename User',
  ps_script: 'ScriptBlockText ScriptBlockId MessageNumber MessageTotal Path',
  ps_module: 'Payload ContextInfo UserData',
  ps_classic_start: 'Data HostName HostVersion HostApplication EngineVersion',
  ps_classic_provider_start: 'Data ProviderName NewProviderState',
  ps_classic_script: 'Data',
}

const WINDOWS_SERVICES: { readonly [service: string]: string } = {
  security: `SubjectUserName SubjectUserSid SubjectDomainName SubjectLogonId TargetUserName TargetUserSid TargetDomainName TargetLogonId LogonType LogonProcessName
    AuthenticationPackageName WorkstationName IpAddress IpPort ProcessName ProcessId NewProcessName ParentProcessName CommandLine ObjectName ObjectType ObjectServer
    ObjectValueName AccessMask AccessList ShareName RelativeTargetName ServiceName ServiceFileName ServiceType ServiceStartType TaskName TaskContent TicketEncryptionType
    TicketOptions Status SubStatus FailureReason PrivilegeList SamAccountName AttributeLDAPDisplayName AttributeValue ObjectDN ObjectClass MemberName MemberSid
    OldUacValue NewUacValue AuditPolicyChanges SubcategoryGuid`,
  system: 'ServiceName ImagePath ServiceType StartType AccountName param1 param2 param3',
  application: 'Data AppName ModuleName ExceptionCode',
  sysmon: 'Image CommandLine Hashes TargetFilename TargetObject Details',
  windefend: 'ThreatName Path ProcessName NewValue OldValue Feature_Name Value SourceName',
  taskscheduler: 'TaskName Path UserName',
  'codeintegrity-operational': 'FileNameBuffer ProcessNameBuffer RequestedPolicy',
  'firewall-as': 'ModifyingApplication ApplicationPath Action',
  'bits-client': 'RemoteName LocalName processPath',
  'dns-client': 'QueryName',
  ntlm: 'WorkstationName TargetName UserName',
  ldap: 'SearchFilter DistinguishedName',
}

const names = (text: string): string[] => text.split(/\s+/).filter((name) => name !== '')

const byCategory = (table: { readonly [category: string]: string }, complete: boolean, common: string): LogSchema[] =>
  Object.entries(table).map(([category, fields]) => ({ logsource: { category }, complete, fields: names(`${common} ${fields}`) }))

/** Windows' log sources with the fields their events are known to hold; those of other products are in the taxonomies. */
const SCHEMAS: readonly LogSchema[] = [
  ...byCategory(WINDOWS_CATEGORIES, true, SYSMON),
  ...byCategory(WINDOWS_OTHER, false, FRAME),
  ...Object.entries(WINDOWS_SERVICES).map(
    ([service, fields]): LogSchema => ({ logsource: { service }, complete: false, fields: names(`${FRAME} ${fields}`) }),
  ),
]

/** What is known of the Windows events a logsource names; undefined where that is nothing. */
export const windowsSchema = ({ category, service }: RuleLogsource): LogSchema | undefined =>
  SCHEMAS.find(({ logsource }) => (category === undefined ? service !== undefined && logsource.service === service : logsource.category === category))
