import { asNamed, type Taxonomy } from './taxonomy.ts'

/** Scanners for malware of any make. */
export const antivirus: Taxonomy = {
  applies: ({ category }) => category === 'antivirus',
  fields: {
    Signature: ['threat.software.name', 'winlog.event_data.Threat Name', 'winlog.event_data.ThreatName', 'rule.name'],
    Filename: ['file.path', 'winlog.event_data.Path', 'file.name'],
  },
  vendorNames: { Signature: ['ThreatName', 'threat_name', 'virus', 'signature'], Filename: ['Path', 'file_path', 'filename'] },
}

/** OpenCanary's honeypot log (https://opencanary.readthedocs.io/). */
export const opencanary: Taxonomy = {
  applies: ({ product }) => product === 'opencanary',
  fields: {
    logtype: ['event.code'],
    src_host: ['source.ip'],
    src_port: ['source.port'],
    dst_host: ['destination.ip'],
    dst_port: ['destination.port'],
  },
  vendorNames: asNamed('logtype src_host src_port dst_host dst_port node_id'),
  vendorPrefixes: ['opencanary'],
}

/** Zero Networks' RPC Firewall, which writes to a Windows event log of its own. */
export const rpcFirewall: Taxonomy = {
  applies: ({ product }) => product === 'rpc_firewall',
  fields: {
    EventLog: ['winlog.channel'],
    EventID: ['event.code'],
    InterfaceUuid: ['winlog.event_data.InterfaceUuid'],
    OpNum: ['winlog.event_data.OpNum'],
  },
  vendorNames: { EventLog: ['Channel', 'LogName'], ...asNamed('EventID InterfaceUuid OpNum') },
  vendorPrefixes: ['winlog.event_data'],
}

/** Qualys host detections, in the names its ECS integrations use. */
export const qualys: Taxonomy = {
  applies: ({ product }) => product === 'qualys',
  fields: { 'event.category': ['qualys.event.category', 'event.category'] },
  vendorNames: asNamed('host.scan.vuln host.scan.vuln_name event.category'),
  vendorPrefixes: ['qualys'],
}
