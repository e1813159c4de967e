import type { Taxonomy } from './taxonomy.ts'

const PROCESS = {
  Image: ['process.executable'],
  CommandLine: ['process.command_line'],
  CurrentDirectory: ['process.working_directory'],
  ProcessId: ['process.pid'],
  ParentImage: ['process.parent.executable'],
  ParentCommandLine: ['process.parent.command_line'],
  ParentProcessId: ['process.parent.pid'],
  User: ['user.name'],
  LogonId: ['user.id'],
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
    Initiated: ['network.initiated'],
    // auditd's own names, where the record did not keep them apart
    exe: ['process.executable'],
    comm: ['process.name'],
    syscall: ['auditd.data.syscall'],
    type: ['auditd.message_type', 'event.action'],
  },
  vendorPrefixes: ['auditd.data', 'auditd'],
}
