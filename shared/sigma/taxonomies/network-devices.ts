import { asNamed, type Taxonomy } from './taxonomy.ts'

/** FortiGate's own names (https://docs.fortinet.com/document/fortigate/7.4.0/fortios-log-message-reference), in `key=value` lines. */
export const fortigate: Taxonomy = {
  applies: ({ product }) => product === 'fortigate' || product === 'fortios' || product === 'fortinet',
  fields: {
    action: ['event.action', 'fortinet.firewall.action'],
    srcip: ['source.ip'],
    dstip: ['destination.ip'],
    srcport: ['source.port'],
    dstport: ['destination.port'],
    user: ['user.name'],
    devname: ['host.name'],
    logid: ['event.code'],
    msg: ['message'],
  },
  vendorNames: asNamed('action cfgpath cfgattr cfgobj srcip logdesc type subtype level status ui method srccountry dstcountry reason'),
  vendorPrefixes: ['fortinet.firewall', 'cef.extensions'],
}

/** Palo Alto Networks firewalls. Field names are those of the PAN-OS log field reference. */
export const paloalto: Taxonomy = {
  applies: ({ product }) => product === 'paloalto',
  fields: {
    TargetFilename: ['file.path'],
    action: ['event.action'],
    src_ip: ['source.ip'],
    dst_ip: ['destination.ip'],
    dst_port: ['destination.port'],
    user: ['user.name'],
  },
  vendorNames: asNamed(
    'type subtype threat_id threat_name severity category rule app direction event_id auth_method stage status description cmd path admin result',
  ),
  vendorPrefixes: ['panw.panos'],
}

/** Cisco IOS, ASA and FTD. Nearly all rules look for words in the message. */
export const cisco: Taxonomy = {
  applies: ({ product, service }) => product === 'cisco' && service !== 'duo',
  fields: {
    src_ip: ['source.ip'],
    dst_ip: ['destination.ip'],
    dst_port: ['destination.port'],
    action: ['event.action'],
    user: ['user.name'],
    command: ['process.command_line'],
    message_id: ['event.code'],
    mnemonic: ['event.code'],
  },
  vendorNames: asNamed('facility mnemonic severity'),
  vendorPrefixes: ['cisco.ios', 'cisco.asa'],
}
