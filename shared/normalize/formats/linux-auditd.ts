import type { EventDocument, JsonValue } from '../../event/event.ts'
import type { Format } from '../contract.ts'
import { baseName, finishEvent, put, relate } from '../document.ts'
import { parseIp } from '../ip.ts'
import { type Pairs, parseKeyValues } from '../key-value.ts'
import { putEnvelope } from '../syslog-document.ts'
import { fromEpoch } from '../timestamps.ts'

const HEAD = /^(?:node=(\S{1,255}) )?type=(\S{1,64}) msg=audit\((\d{1,12}\.\d{1,3}):(\d{1,20})\):? ?/

/** Fields the kernel writes in hexadecimal when they hold a blank, a quote or a control character; a quoted one is text already. */
const HEX_FIELDS = /^(?:a\d{1,3}|proctitle|comm|exe|cwd|name|acct|cmd|data|key|path|old-?dir)$/
const HEX = /^(?:[0-9A-F]{2}){1,16384}$/
const decodeHex = (hex: string): string => Buffer.from(hex, 'hex').toString('utf8').replaceAll('\0', ' ').trimEnd()

/** Where values go that move; the rest stays under `auditd.log` by its own name. Ids and syscalls stay text, as auditd writes them. */
const PLACES: { readonly [name: string]: string } = {
  exe: 'process.executable',
  cwd: 'process.working_directory',
  auid: 'user.audit.id',
  uid: 'user.id',
  gid: 'user.group.id',
  euid: 'user.effective.id',
  acct: 'user.name',
}
const NUMBERS: { readonly [name: string]: string } = { pid: 'process.pid', ppid: 'process.parent.pid' }

/** What record types mean; https://github.com/linux-audit/audit-documentation/wiki has the full list. */
const MEANINGS: { readonly [type: string]: readonly [action: string, category: string, type: string] } = {
  EXECVE: ['executed', 'process', 'start'],
  USER_LOGIN: ['logged-in', 'authentication', 'start'],
  USER_AUTH: ['authenticated', 'authentication', 'start'],
  USER_ACCT: ['was-authorized', 'authentication', 'info'],
  USER_START: ['started-session', 'session', 'start'],
  USER_END: ['ended-session', 'session', 'end'],
  USER_LOGOUT: ['logged-out', 'session', 'end'],
  USER_CMD: ['ran-command', 'process', 'start'],
  USER_CHAUTHTOK: ['changed-password', 'iam', 'change'],
  CRED_ACQ: ['acquired-credentials', 'authentication', 'info'],
  CRED_DISP: ['disposed-credentials', 'authentication', 'info'],
  ADD_USER: ['added-user-account', 'iam', 'creation'],
  DEL_USER: ['deleted-user-account', 'iam', 'deletion'],
  ADD_GROUP: ['added-group-account', 'iam', 'creation'],
  DEL_GROUP: ['deleted-group-account', 'iam', 'deletion'],
  SERVICE_START: ['started-service', 'process', 'start'],
  SERVICE_STOP: ['stopped-service', 'process', 'end'],
  CONFIG_CHANGE: ['changed-audit-configuration', 'configuration', 'change'],
  ANOM_ABEND: ['crashed-program', 'process', 'end'],
  ANOM_PROMISCUOUS: ['changed-promiscuous-mode', 'network', 'change'],
}

/** One record of the Linux audit daemon. Records of one audit event share `auditd.log.sequence`; each is an event of its own here. */
export const linuxAuditd: Format = {
  name: 'linux.auditd',
  title: 'Linux audit record (auditd: type=… msg=audit(…))',
  recognise: ({ body, object }) => (!object && body.slice(0, 400).includes('msg=audit(') && HEAD.test(body.slice(0, 400)) ? 1 : 0),
  read(record) {
    const body = record.body.trim()
    const head = HEAD.exec(body.slice(0, 400))
    if (!head) return undefined
    const [whole, node, type = '', stamp, sequence] = head
    const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: 'linux.auditd' } }
    putEnvelope(document, record)
    delete document['process'] // the header's program is auditd or its dispatcher, never what the record is about
    put(document, 'host.name', node)
    const pairs = parseKeyValues(body, whole.length)
    // `msg='op=login acct="root" …'`: what a program reports stands in quotes inside the record.
    const inner = pairs.get('msg')
    if (inner !== undefined && type !== '') for (const [key, value] of parseKeyValues(inner)) pairs.set(key, value)
    const log: { [name: string]: JsonValue } = { type, sequence: Number(sequence) }
    for (const [key, raw] of pairs) {
      if (key === 'msg' || key === '__proto__') continue
      const quoted = raw === '' || body.includes(`${key}="`)
      const value = !quoted && HEX_FIELDS.test(key) && type !== 'SYSCALL' && raw.length % 2 === 0 && HEX.test(raw) ? decodeHex(raw) : raw
      if (value === '?' || value === '(none)' || !place(document, key, value)) log[key] = value
    }
    put(document, 'auditd.log', log)
    finishFields(document, pairs, type, log)
    return finishEvent(record, 'linux.auditd', { product: 'linux', service: 'auditd', categories: [] }, fromEpoch(Number(stamp)), document)
  },
}

function place(document: EventDocument, key: string, value: string): boolean {
  const path = Object.hasOwn(PLACES, key) ? PLACES[key] : undefined
  if (path !== undefined) {
    put(document, path, value)
    return true
  }
  const number = Object.hasOwn(NUMBERS, key) ? NUMBERS[key] : undefined
  if (number === undefined || !/^\d{1,10}$/.test(value)) return false
  put(document, number, Number(value))
  return true
}

function finishFields(document: EventDocument, pairs: Pairs, type: string, log: { [name: string]: JsonValue }): void {
  const meaning = Object.hasOwn(MEANINGS, type) ? MEANINGS[type] : undefined
  put(document, 'event.action', meaning?.[0] ?? type.toLowerCase().replaceAll('_', '-'))
  if (meaning) {
    put(document, 'event.category', [meaning[1]])
    put(document, 'event.type', [meaning[2]])
  }
  const result = (pairs.get('res') ?? pairs.get('success') ?? '').toLowerCase()
  if (result !== '') put(document, 'event.outcome', result === 'success' || result === 'yes' || result === '1' ? 'success' : 'failure')
  const executable = pairs.get('exe')
  const command = log['comm']
  if (executable !== undefined && executable !== '?') put(document, 'process.name', typeof command === 'string' ? command : baseName(executable))
  const address = parseIp(pairs.get('addr'))
  put(document, 'source.ip', address)
  if (type === 'EXECVE') {
    const words: string[] = []
    for (let i = 0; i < 256 && typeof log[`a${i}`] === 'string'; i++) words.push(log[`a${i}`] as string)
    put(document, 'process.args', words)
    put(document, 'process.command_line', words.join(' '))
  } else if (typeof log['proctitle'] === 'string') put(document, 'process.command_line', log['proctitle'])
  else if (typeof log['cmd'] === 'string') put(document, 'process.command_line', log['cmd'])
  if (type === 'PATH' && typeof log['name'] === 'string') put(document, 'file.path', log['name'])
  const audit = pairs.get('AUID')?.replaceAll('"', '')
  if (audit !== undefined && audit !== 'unset') relate(document, 'related.user', audit)
}
