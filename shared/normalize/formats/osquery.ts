import type { EventDocument, EventLogsource, JsonValue } from '../../event/event.ts'
import { isObject } from '../bounds.ts'
import type { Format } from '../contract.ts'
import { finishEvent, put } from '../document.ts'
import { putExecutable, putFile } from '../endpoint-fields.ts'
import { parseIp, parsePort } from '../ip.ts'
import { putEnvelope } from '../syslog-document.ts'
import { parseTimestamp } from '../timestamps.ts'
import { UTC } from '../zones.ts'

type JsonObject = { [key: string]: JsonValue | undefined }

/** osquery writes every column as text. */
const text = (value: JsonValue | undefined): string | undefined =>
  typeof value === 'string' ? (value === '' ? undefined : value) : typeof value === 'number' ? String(value) : undefined
const whole = (value: JsonValue | undefined): number | undefined => {
  const written = text(value)
  return written !== undefined && /^\d{1,10}$/.test(written) ? Number(written) : undefined
}

/** Columns only the Endpoint Security tables have (https://osquery.io/schema). */
const isMac = (columns: JsonObject, name: string): boolean =>
  /(?:^|[_/])es_process/.test(name) ||
  columns['platform_binary'] !== undefined ||
  columns['signing_id'] !== undefined ||
  columns['team_id'] !== undefined

const isWindowsPath = (path: string | undefined): boolean => path !== undefined && /^[A-Za-z]:\\/.test(path)

const MAC_FOLDER = /^\/(?:Applications|Library|System|Users|Volumes|private)\//

/** Which system a result is from: what the query says of itself, else what the paths look like. */
function productOf(name: string, columns: JsonObject, decorations: JsonObject): string | undefined {
  const told = (text(decorations['platform']) ?? text(decorations['os_platform']))?.toLowerCase()
  if (told !== undefined) return told === 'darwin' ? 'macos' : told === 'windows' ? 'windows' : 'linux'
  if (isMac(columns, name)) return 'macos'
  const paths = ['path', 'cwd', 'target_path', 'filename'].map((column) => text(columns[column]))
  if (paths.some(isWindowsPath)) return 'windows'
  if (paths.some((path) => path !== undefined && MAC_FOLDER.test(path))) return 'macos'
  return columns['path'] === undefined && columns['target_path'] === undefined ? undefined : 'linux'
}

/** Sigma's categories of a row, by the columns of the evented table it came from; names of scheduled queries are free. */
function categoriesOf(columns: JsonObject): readonly string[] {
  const kind = (text(columns['event_type']) ?? text(columns['action']))?.toLowerCase()
  if (columns['cmdline'] !== undefined && columns['path'] !== undefined && columns['pid'] !== undefined)
    return kind === undefined || kind === 'exec' || kind === 'processstart' ? ['process_creation'] : kind === 'exit' ? ['process_termination'] : []
  if (columns['target_path'] !== undefined || columns['filename'] !== undefined) {
    if (kind === 'deleted' || kind === 'unlink') return ['file_delete']
    return kind === 'created' || kind === 'create' || kind === 'updated' || kind === 'moved_to' || kind === 'rename' || kind === 'write'
      ? ['file_event']
      : []
  }
  return columns['remote_address'] !== undefined && (kind === undefined || kind === 'connect') ? ['network_connection'] : []
}

/** One row that an osquery scheduled query added or removed (https://osquery.readthedocs.io/en/stable/deployment/logging/, event format). */
export const osquery: Format = {
  name: 'osquery',
  title: 'osquery result (event format): processes, files, sockets of any system',
  recognise: ({ object }) =>
    object && isObject(object['columns']) && typeof object['name'] === 'string' && object['hostIdentifier'] !== undefined ? 0.95 : 0,
  read(record) {
    const object = record.object
    if (!object || !isObject(object['columns']) || typeof object['name'] !== 'string') return undefined
    const { name, columns, hostIdentifier, calendarTime, unixTime, action, decorations, ...rest } = object
    const about = isObject(decorations) ? decorations : {}
    const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: 'osquery' } }
    putEnvelope(document, record)
    delete document['process']
    put(document, 'host.name', text(about['hostname']) ?? text(hostIdentifier))
    // A row that left the result is no new process; evented tables only ever add.
    const categories = action === 'removed' ? [] : categoriesOf(columns)
    putColumns(document, columns, categories)
    put(document, 'osquery.result', { name, action, host_identifier: hostIdentifier, decorations, ...rest, columns })
    const logsource: EventLogsource = { product: productOf(name, columns, about), service: 'osquery', categories }
    const time = parseTimestamp(unixTime, { zone: UTC, observedAt: record.observedAt })
    return finishEvent(record, 'osquery', logsource, time, document)
  },
}

function putColumns(document: EventDocument, columns: JsonObject, categories: readonly string[]): void {
  const column = (name: string) => text(columns[name])
  if (categories.includes('process_creation')) {
    put(document, 'event.category', ['process'])
    put(document, 'event.type', ['start'])
  }
  if (columns['cmdline'] !== undefined || columns['pid'] !== undefined) {
    putExecutable(document, 'process', column('path'))
    put(document, 'process.parent.pid', whole(columns['parent']) ?? whole(columns['ppid']))
    putExecutable(document, 'process.parent', column('parent_path'))
    put(document, 'process.parent.command_line', column('parent_cmdline'))
  }
  put(document, 'process.pid', whole(columns['pid']))
  put(document, 'process.command_line', column('cmdline'))
  put(document, 'process.working_directory', column('cwd'))
  put(document, 'process.code_signature.signing_id', column('signing_id'))
  put(document, 'process.code_signature.team_id', column('team_id'))
  put(document, 'user.name', column('username'))
  put(document, 'user.id', column('uid'))
  put(document, 'user.effective.id', column('euid'))
  putFile(document, column('target_path') ?? column('dest_filename') ?? column('filename'))
  put(document, 'source.ip', parseIp(columns['local_address']))
  put(document, 'source.port', parsePort(columns['local_port']))
  put(document, 'destination.ip', parseIp(columns['remote_address']))
  put(document, 'destination.port', parsePort(columns['remote_port']))
}
