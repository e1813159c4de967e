import type { EventDocument, JsonValue } from '../../event/event.ts'
import { own } from '../../own.ts'
import { isObject } from '../bounds.ts'
import type { Format } from '../contract.ts'
import { finishEvent, put } from '../document.ts'
import { putExecutable, putFile } from '../endpoint-fields.ts'
import { putEnvelope } from '../syslog-document.ts'
import { parseTimestamp } from '../timestamps.ts'
import { UTC } from '../zones.ts'

type JsonObject = { [key: string]: JsonValue | undefined }

const text = (value: JsonValue | undefined): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
const whole = (value: JsonValue | undefined): number | undefined => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined)
const part = (object: JsonObject, name: string): JsonObject => {
  const value = object[name]
  return isObject(value) ? value : {}
}
const pathOf = (object: JsonObject, name: string): string | undefined => text(part(object, name)['path'])

interface Meaning {
  readonly category: string
  readonly type: string
  readonly sigma: readonly string[]
  /** The file the event is about. */
  readonly file?: (event: JsonObject) => string | undefined
}

const inFolder = (folder: string | undefined, name: string | undefined): string | undefined =>
  folder === undefined || name === undefined ? undefined : `${folder.replace(/\/$/, '')}/${name}`

/** Where a file was made or moved to: an existing one, or a name in a folder. */
function destination(event: JsonObject): string | undefined {
  const place = part(event, 'destination')
  const fresh = part(place, 'new_path')
  return pathOf(place, 'existing_file') ?? inFolder(pathOf(fresh, 'dir') ?? pathOf(place, 'dir'), text(fresh['filename']) ?? text(place['filename']))
}
const target = (event: JsonObject): string | undefined => pathOf(event, 'target')
const into = (event: JsonObject): string | undefined => inFolder(pathOf(event, 'target_dir'), text(event['target_name']))

/**
 * Endpoint Security's events by the name under which eslogger writes them, and Sigma's categories for them. A rename makes a file of that name
 * as much as a creation does: programs write a temporary file and move it into place.
 * https://developer.apple.com/documentation/endpointsecurity/es_event_type_t
 */
const MEANINGS: { readonly [event: string]: Meaning } = {
  exec: { category: 'process', type: 'start', sigma: ['process_creation'] },
  exit: { category: 'process', type: 'end', sigma: ['process_termination'] },
  create: { category: 'file', type: 'creation', sigma: ['file_event'], file: destination },
  rename: { category: 'file', type: 'change', sigma: ['file_rename', 'file_event'], file: destination },
  clone: { category: 'file', type: 'creation', sigma: ['file_event'], file: into },
  copyfile: { category: 'file', type: 'creation', sigma: ['file_event'], file: (event) => pathOf(event, 'target_file') ?? into(event) },
  link: {
    category: 'file',
    type: 'creation',
    sigma: ['file_event'],
    file: (event) => inFolder(pathOf(event, 'target_dir'), text(event['target_filename'])),
  },
  write: { category: 'file', type: 'change', sigma: ['file_event'], file: target },
  close: { category: 'file', type: 'change', sigma: [], file: target },
  truncate: { category: 'file', type: 'change', sigma: ['file_event'], file: target },
  open: { category: 'file', type: 'access', sigma: ['file_access'], file: (event) => pathOf(event, 'file') },
  unlink: { category: 'file', type: 'deletion', sigma: ['file_delete'], file: target },
  setextattr: { category: 'file', type: 'change', sigma: [], file: target },
  deleteextattr: { category: 'file', type: 'change', sigma: [], file: target },
  setmode: { category: 'file', type: 'change', sigma: [], file: target },
  kextload: { category: 'driver', type: 'start', sigma: ['driver_load'] },
  get_task: { category: 'process', type: 'access', sigma: ['process_access'] },
  remote_thread_create: { category: 'process', type: 'change', sigma: ['create_remote_thread'] },
  btm_launch_item_add: { category: 'configuration', type: 'creation', sigma: [] },
  tcc_modify: { category: 'configuration', type: 'change', sigma: [] },
  authentication: { category: 'authentication', type: 'info', sigma: [] },
  openssh_login: { category: 'authentication', type: 'start', sigma: [] },
  sudo: { category: 'process', type: 'info', sigma: [] },
}

/** One event of macOS's Endpoint Security framework as `eslogger` prints it (man 1 eslogger). */
export const macosEslogger: Format = {
  name: 'macos.eslogger',
  title: 'macOS Endpoint Security event (eslogger JSON)',
  recognise: ({ object }) =>
    object?.['event_type'] !== undefined && isObject(object['event']) && isObject(object['process']) && object['mach_time'] !== undefined ? 0.96 : 0,
  read(record) {
    const object = record.object
    if (!object || !isObject(object['event']) || !isObject(object['process'])) return undefined
    const [name = ''] = Object.keys(object['event'])
    const event = part(object['event'], name)
    const meaning = own(MEANINGS, name)
    const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: 'macos.eslogger', action: name } }
    putEnvelope(document, record)
    delete document['process']
    if (meaning) {
      put(document, 'event.category', [meaning.category])
      put(document, 'event.type', [meaning.type])
    }
    put(document, 'host.os', { type: 'macos' })
    const { args, ...kept } = event
    if (name === 'exec') putNewProcess(document, object['process'], event, args)
    else putProcess(document, object['process'])
    putFile(document, meaning?.file?.(event))
    // `args` moved; the rest stays as Endpoint Security tells it.
    put(document, 'macos.endpoint_security', { ...object, time: undefined, event: { [name]: name === 'exec' ? kept : event } })
    const categories = name === 'close' && event['modified'] === true ? ['file_event'] : (meaning?.sigma ?? [])
    const time = parseTimestamp(object['time'], { zone: UTC, observedAt: record.observedAt })
    return finishEvent(record, 'macos.eslogger', { product: 'macos', service: 'endpoint_security', categories }, time, document)
  },
}

function putProcess(document: EventDocument, process: JsonObject): void {
  const token = part(process, 'audit_token')
  putExecutable(document, 'process', pathOf(process, 'executable'))
  put(document, 'process.pid', whole(token['pid']))
  put(document, 'process.parent.pid', whole(process['ppid']))
  put(document, 'process.code_signature.signing_id', text(process['signing_id']))
  put(document, 'process.code_signature.team_id', text(process['team_id']))
  const user = whole(token['ruid'])
  if (user !== undefined) put(document, 'user.id', String(user))
  const effective = whole(token['euid'])
  if (effective !== undefined) put(document, 'user.effective.id', String(effective))
}

/** `process` is still the image that called exec: what forked, and so the parent's. `target` is what runs from now on. */
function putNewProcess(document: EventDocument, caller: JsonObject, event: JsonObject, args: JsonValue | undefined): void {
  putProcess(document, part(event, 'target'))
  putExecutable(document, 'process.parent', pathOf(caller, 'executable'))
  put(document, 'process.working_directory', pathOf(event, 'cwd'))
  const words = Array.isArray(args) ? args.filter((word) => typeof word === 'string') : []
  put(document, 'process.args', words)
  put(document, 'process.command_line', words.join(' '))
}
