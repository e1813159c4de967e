import { asNamed, type Taxonomy } from './taxonomy.ts'

const PROCESS = {
  Image: ['process.executable'],
  CommandLine: ['process.command_line'],
  CurrentDirectory: ['process.working_directory'],
  ProcessId: ['process.pid'],
  ParentImage: ['process.parent.executable'],
  ParentCommandLine: ['process.parent.command_line'],
  ParentProcessId: ['process.parent.pid'],
  User: ['user.name'],
  LogonId: ['user.audit.id', 'user.id'],
  OriginalFileName: ['process.pe.original_file_name'],
} as const

/** Linux and macOS: process, file and network events as Sysmon for Linux, auditd and EDR agents report them. */
export const unix: Taxonomy = {
  applies: ({ product }) => product === 'linux' || product === 'macos',
  fields: {
    ...PROCESS,
    TargetFilename: ['file.path'],
    SourceIp: ['source.ip'],
    SourcePort: ['source.port'],
    DestinationIp: ['destination.ip'],
    DestinationPort: ['destination.port'],
    DestinationHostname: ['destination.domain'],
    // Filebeat and Elastic's agent say which way it went; an egress is what the host itself began.
    Initiated: ['network.initiated', 'winlog.event_data.Initiated'],
    // sudo's own words: whom the command ran as
    USER: ['user.effective.name'],
    // auditd's own names, where the record did not keep them apart
    exe: ['process.executable'],
    comm: ['process.name'],
    syscall: ['auditd.data.syscall'],
    type: ['auditd.message_type', 'event.action'],
  },
  // auditd names the arguments of a call a0, a1, …, and each kind of record has fields of its own.
  vendorNames: asNamed('type a0 a1 a2 a3 a4 a5 a6 a7 name exe SYSCALL key comm nametype unit euid'),
  vendorPrefixes: ['auditd.data', 'auditd', 'winlog.event_data'],
}
