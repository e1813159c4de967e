/** Where one Windows field is in an ECS document. */
export interface EcsField {
  /** Dotted path: `process.executable`. */
  readonly path: string
  /** Where present, the field means this only in events of these Sigma categories; elsewhere it stays a vendor field. */
  readonly categories?: readonly string[]
  /** Where present, the field means this only in events of this provider. */
  readonly provider?: string
  /** More places where documents of other producers keep the same thing; read by rules, never written by us. */
  readonly also?: readonly string[]
}

const SYSMON = 'Microsoft-Windows-Sysmon'
const SECURITY = 'Microsoft-Windows-Security-Auditing'
const ofNewProcess = (name: string): EcsField => ({ path: `process.pe.${name}`, categories: ['process_creation'] })

/**
 * Windows event fields that move into ECS without loss, by the name Sigma and Windows give them. A field that is not
 * here stays at `winlog.event_data.<name>`. The normaliser writes by this table and the taxonomy reads by it, so
 * that a value is kept once and rules still find it.
 *
 * Names follow ECS 8 (https://www.elastic.co/guide/en/ecs/current/) and Winlogbeat's `winlog.*`.
 */
export const ECS_FIELDS: { readonly [sigmaField: string]: EcsField } = {
  // The event's own frame (Event/System)
  EventID: { path: 'event.code' },
  Provider_Name: { path: 'event.provider', also: ['winlog.provider_name'] },
  Channel: { path: 'winlog.channel' },
  Computer: { path: 'host.name', also: ['winlog.computer_name'] },
  EventRecordID: { path: 'winlog.record_id' },
  Level: { path: 'winlog.level' },
  Keywords: { path: 'winlog.keywords' },
  Task: { path: 'winlog.task' },
  Opcode: { path: 'winlog.opcode' },
  Version: { path: 'winlog.version' },
  Execution_ProcessID: { path: 'winlog.process.pid' },
  Execution_ThreadID: { path: 'winlog.process.thread.id' },
  Security_UserID: { path: 'winlog.user.identifier' },
  Message: { path: 'message' },

  // Processes
  Image: { path: 'process.executable' },
  NewProcessName: { path: 'process.executable', provider: SECURITY },
  CommandLine: { path: 'process.command_line' },
  CurrentDirectory: { path: 'process.working_directory' },
  // In Security 4688 `ProcessId` is the creator's, in hexadecimal; only Sysmon means the process itself.
  ProcessId: { path: 'process.pid', provider: SYSMON },
  ProcessGuid: { path: 'process.entity_id', provider: SYSMON },
  ParentImage: { path: 'process.parent.executable' },
  ParentProcessName: { path: 'process.parent.executable', provider: SECURITY },
  ParentCommandLine: { path: 'process.parent.command_line' },
  ParentProcessId: { path: 'process.parent.pid', provider: SYSMON },
  ParentProcessGuid: { path: 'process.parent.entity_id', provider: SYSMON },
  OriginalFileName: ofNewProcess('original_file_name'),
  Company: ofNewProcess('company'),
  Description: ofNewProcess('description'),
  Product: ofNewProcess('product'),
  FileVersion: ofNewProcess('file_version'),

  // Files, libraries, pipes
  TargetFilename: { path: 'file.path' },
  ImageLoaded: { path: 'dll.path', also: ['file.path'] },
  PipeName: { path: 'file.name', also: ['file.path'] },

  // Registry
  TargetObject: { path: 'registry.path' },

  // Network
  SourceIp: { path: 'source.ip' },
  SourcePort: { path: 'source.port' },
  SourceHostname: { path: 'source.domain' },
  DestinationIp: { path: 'destination.ip' },
  DestinationPort: { path: 'destination.port' },
  DestinationHostname: { path: 'destination.domain' },
  Protocol: { path: 'network.transport', categories: ['network_connection'] },
  QueryName: { path: 'dns.question.name' },

  // PowerShell
  ScriptBlockText: { path: 'powershell.file.script_block_text' },
  ScriptBlockId: { path: 'powershell.file.script_block_id' },
}
