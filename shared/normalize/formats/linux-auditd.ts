import type { EventDocument, JsonValue } from '../../event/event.ts'
import type { Format } from '../contract.ts'
import { baseName, finishEvent, put, relate, textAt } from '../document.ts'
import { putExecutable } from '../endpoint-fields.ts'
import { parseIp } from '../ip.ts'
import { type Pairs, parseKeyValues } from '../key-value.ts'
import { putEnvelope } from '../syslog-document.ts'
import { fromEpoch } from '../timestamps.ts'

const HEAD = /^(?:node=(\S{1,255}) )?type=(\S{1,64}) msg=audit\((\d{1,12}\.\d{1,3}):(\d{1,20})\):? ?/

/** Fields the kernel writes in hexadecimal when they hold a blank, a quote or a control character; a quoted one is text already. */
const HEX_FIELDS = /^(?:a\d{1,3}|proctitle|comm|exe|cwd|name|acct|cmd|data|key|path|old-?dir)$/
const HEX = /^(?:[0-9A-F]{2}){1,16384}$/
const decodeHex = (hex: string): string => Buffer.from(hex, 'hex').toString('utf8').replaceAll('\0', ' ').trimEnd()

/** What moves: the taxonomy knows these two. Everything else stays under `auditd.data` by its own name, as text, as auditd writes it. */
const MOVED: { readonly [name: string]: string } = { exe: 'process.executable', comm: 'process.name' }
/** What is said in ECS besides. */
const COPIED: { readonly [name: string]: string } = {
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

/** One record of the Linux audit daemon. Records of one audit event share `auditd.sequence`; each is an event of its own here. */
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
    const data: { [name: string]: JsonValue } = {}
    put(document, 'auditd.message_type', type)
    put(document, 'auditd.sequence', Number(sequence))
    for (const [key, raw] of pairs) {
      if (key === 'msg' || key === '__proto__') continue
      // A system call's own arguments (a0 to a3) are numbers, and an odd count of digits is no text.
      const mayBeHex = HEX_FIELDS.test(key) && !(type === 'SYSCALL' && /^a\d/.test(key)) && raw.length % 2 === 0
      const value = mayBeHex && HEX.test(raw) && !body.includes(` ${key}="`) ? decodeHex(raw) : raw
      if (value === '?' || value === '(none)' || !place(document, key, value)) data[key] = value
    }
    put(document, 'auditd.data', data)
    finishFields(document, pairs, type, data)
    const logsource = { product: 'linux', service: 'auditd', categories: categoriesOf(type, data) }
    return finishEvent(record, 'linux.auditd', logsource, fromEpoch(Number(stamp)), document)
  },
}

const PROCESS_CREATION = ['process_creation']
const FILE_EVENT = ['file_event']
/** execve and execveat, on x86-64 and arm64; `SYSCALL=` is the name that auditd's ENRICHED format adds. */
const EXEC_CALLS = new Set(['59', '322', '221', '281'])

/**
 * A program that was started is a process creation in Sigma's words too: EXECVE has its arguments, the SYSCALL record of the same event its executable.
 * A file that was made is a file event.
 */
function categoriesOf(type: string, data: { readonly [name: string]: JsonValue }): readonly string[] {
  if (type === 'EXECVE') return PROCESS_CREATION
  if (type === 'SYSCALL') {
    const name = data['SYSCALL']
    const isExec = typeof name === 'string' ? name.startsWith('execve') : EXEC_CALLS.has(String(data['syscall']))
    return isExec && data['success'] !== 'no' ? PROCESS_CREATION : []
  }
  return type === 'PATH' && data['nametype'] === 'CREATE' ? FILE_EVENT : []
}

/** True where the value moved. */
function place(document: EventDocument, key: string, value: string): boolean {
  const moved = Object.hasOwn(MOVED, key) ? MOVED[key] : undefined
  if (moved !== undefined) {
    put(document, moved, value)
    return value !== ''
  }
  const copied = Object.hasOwn(COPIED, key) ? COPIED[key] : undefined
  if (copied !== undefined) put(document, copied, value)
  const number = Object.hasOwn(NUMBERS, key) ? NUMBERS[key] : undefined
  if (number !== undefined && /^\d{1,10}$/.test(value)) put(document, number, Number(value))
  return false
}

function finishFields(document: EventDocument, pairs: Pairs, type: string, data: { [name: string]: JsonValue }): void {
  const meaning = Object.hasOwn(MEANINGS, type) ? MEANINGS[type] : undefined
  put(document, 'event.action', meaning?.[0] ?? type.toLowerCase().replaceAll('_', '-'))
  if (meaning) {
    put(document, 'event.category', [meaning[1]])
    put(document, 'event.type', [meaning[2]])
  }
  const result = (pairs.get('res') ?? pairs.get('success') ?? '').toLowerCase()
  if (result !== '') put(document, 'event.outcome', result === 'success' || result === 'yes' || result === '1' ? 'success' : 'failure')
  const executable = textAt(document, 'process.executable')
  if (executable !== undefined && textAt(document, 'process.name') === undefined) put(document, 'process.name', baseName(executable))
  const address = parseIp(pairs.get('addr'))
  put(document, 'source.ip', address)
  if (type === 'EXECVE') {
    const words: string[] = []
    for (let i = 0; i < 256 && typeof data[`a${i}`] === 'string'; i++) words.push(data[`a${i}`] as string)
    put(document, 'process.command_line', words.join(' '))
    // What it was called as; where that is a path, it is the executable.
    if (words[0]?.startsWith('/')) putExecutable(document, 'process', words[0])
  } else if (typeof data['proctitle'] === 'string') put(document, 'process.command_line', data['proctitle'])
  else if (typeof data['cmd'] === 'string') put(document, 'process.command_line', data['cmd'])
  if (type === 'PATH' && typeof data['name'] === 'string') put(document, 'file.path', data['name'])
  const audit = pairs.get('AUID')?.replaceAll('"', '')
  if (audit !== undefined && audit !== 'unset') relate(document, 'related.user', audit)
}
