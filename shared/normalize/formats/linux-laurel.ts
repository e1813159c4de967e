import type { EventDocument, JsonValue } from '../../event/event.ts'
import { isObject } from '../bounds.ts'
import type { Format } from '../contract.ts'
import { finishEvent, put } from '../document.ts'
import { putExecutable, putFile } from '../endpoint-fields.ts'
import { parseIp } from '../ip.ts'
import { putEnvelope } from '../syslog-document.ts'
import { fromEpoch } from '../timestamps.ts'

type JsonObject = { [key: string]: JsonValue | undefined }

const text = (value: JsonValue | undefined): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
const whole = (value: JsonValue | undefined): number | undefined => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined)
/** Ids are names of users in the upper-case keys (`UID`), numbers in the lower-case ones. */
const idText = (value: JsonValue | undefined): string | undefined => (typeof value === 'number' ? String(value) : text(value))
const part = (object: JsonObject, name: string): JsonObject => {
  const value = object[name]
  return isObject(value) ? value : {}
}

/** `ARGV` is a list, `ARGV_STR` one text; which of them depends on LAUREL's settings. */
function commandLine(record: JsonObject): string | undefined {
  const words = record['ARGV']
  return Array.isArray(words) ? words.filter((word) => typeof word === 'string').join(' ') : text(record['ARGV_STR'])
}

/** What audit events with these system calls tell, by call. */
const CALLS: { readonly [call: string]: readonly [action: string, category: string, type: string] } = {
  execve: ['executed', 'process', 'start'],
  execveat: ['executed', 'process', 'start'],
}

/**
 * An audit event that LAUREL put together (https://github.com/threathunters-io/laurel): all records of one event in one object,
 * so that a new process has its executable, its arguments and its folder at once.
 */
export const linuxLaurel: Format = {
  name: 'linux.laurel',
  title: 'Linux audit event as one JSON object (LAUREL)',
  recognise({ object }) {
    const id = object?.['ID']
    return typeof id === 'string' && /^\d{1,12}\.\d{1,3}:\d{1,20}$/.test(id) ? 0.95 : 0
  },
  read(record) {
    const object = record.object
    const [stamp, sequence] = (text(object?.['ID']) ?? '').split(':', 2)
    if (!object || stamp === undefined) return undefined
    const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: 'linux.laurel' } }
    putEnvelope(document, record)
    delete document['process'] // the header's program is the dispatcher
    put(document, 'host.name', text(object['NODE']))
    put(document, 'auditd.sequence', Number(sequence))
    const call = part(object, 'SYSCALL')
    const name = text(call['SYSCALL'])
    const meaning = name !== undefined && Object.hasOwn(CALLS, name) ? CALLS[name] : undefined
    put(document, 'event.action', meaning?.[0] ?? name ?? firstType(object)?.toLowerCase().replaceAll('_', '-'))
    if (meaning) {
      put(document, 'event.category', [meaning[1]])
      put(document, 'event.type', [meaning[2]])
    }
    if (call['success'] !== undefined) put(document, 'event.outcome', call['success'] === 'yes' ? 'success' : 'failure')
    putProcess(document, object, call)
    const paths = object['PATH']
    const created = Array.isArray(paths) ? paths.find((path) => isObject(path) && path['nametype'] === 'CREATE') : undefined
    if (isObject(created)) putFile(document, text(created['name']))
    const address = parseIp(part(part(object, 'SOCKADDR'), 'SADDR')['addr'])
    put(document, 'destination.ip', address)
    const { ID: _id, NODE: _node, ...rest } = object
    put(document, 'auditd.data', rest)
    const categories = meaning && object['EXECVE'] !== undefined ? ['process_creation'] : created !== undefined ? ['file_event'] : []
    return finishEvent(record, 'linux.laurel', { product: 'linux', service: 'auditd', categories }, fromEpoch(Number(stamp)), document)
  },
}

/** The kind of record an event is about, where no system call made it: `USER_LOGIN`, `SERVICE_STOP`. */
function firstType(object: JsonObject): string | undefined {
  for (const key in object) if (/^[A-Z][A-Z_]{2,32}$/.test(key) && key !== 'NODE') return key
  return undefined
}

function putProcess(document: EventDocument, object: JsonObject, call: JsonObject): void {
  putExecutable(document, 'process', text(call['exe']))
  put(document, 'process.name', text(call['comm']))
  put(document, 'process.pid', whole(call['pid']))
  put(document, 'process.command_line', commandLine(part(object, 'EXECVE')) ?? commandLine(part(object, 'PROCTITLE')))
  put(document, 'process.working_directory', text(part(object, 'CWD')['cwd']))
  put(document, 'user.id', idText(call['uid']))
  put(document, 'user.name', text(call['UID']))
  put(document, 'user.effective.id', idText(call['euid']))
  put(document, 'user.audit.id', idText(call['auid']))
  // The parent stands beside the call in older versions, in it in newer ones.
  const parent = { ...part(object, 'PPID'), ...part(call, 'PPID') }
  put(document, 'process.parent.pid', whole(call['ppid']))
  putExecutable(document, 'process.parent', text(parent['exe']))
  put(document, 'process.parent.command_line', commandLine(part(object, 'PARENT_INFO')))
}
