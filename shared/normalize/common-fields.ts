import type { EventDocument, EventLogsource, JsonValue, PicketEvent } from '../event/event.ts'
import { own } from '../own.ts'
import { applicationOf } from './applications.ts'
import type { OpenRecord, ReadContext } from './contract.ts'
import { finishEvent, get, put, textAt } from './document.ts'
import { parseIp, parsePort } from './ip.ts'
import { putEnvelope } from './syslog-document.ts'
import { parseTimestamp } from './timestamps.ts'
import { putUrl } from './urls.ts'

type Kind = 'text' | 'ip' | 'port' | 'integer' | 'time' | 'url' | 'outcome' | 'status' | 'request'

const names = (path: string, kind: Kind, list: string): [string, readonly [string, Kind]][] => list.split(' ').map((name) => [name, [path, kind]])

/** Names that mean the same everywhere, lower case and without `_`, `-` and `.`. The first one present wins. */
const COMMON = new Map<string, readonly [string, Kind]>([
  ...names('@timestamp', 'time', '@timestamp timestamp time ts eventtime datetime date createdat timegenerated published timelocal timeiso8601'),
  ...names('host.name', 'text', 'host hostname computer computername devicename hostident devname'),
  ...names('user.name', 'text', 'user username account accountname login userid'),
  ...names('source.ip', 'ip', 'srcip sourceip src clientip remoteaddr remoteip ipaddress ip sourceaddress sourceipaddress clientaddress'),
  ...names('destination.ip', 'ip', 'dstip destip destinationip dst serverip destinationaddress serveraddr'),
  ...names('source.port', 'port', 'srcport sourceport spt clientport remoteport'),
  ...names('destination.port', 'port', 'dstport destport destinationport dpt serverport'),
  ...names('message', 'text', 'message msg'),
  ...names('log.level', 'text', 'level severity loglevel lvl'),
  ...names('log.logger', 'text', 'logger'),
  ...names('event.action', 'text', 'action eventname eventaction'),
  ...names('event.code', 'text', 'eventid eventcode'),
  ...names('event.outcome', 'outcome', 'outcome result'),
  ...names('event.reason', 'text', 'reason'),
  ...names('process.name', 'text', 'process processname program app'),
  ...names('process.pid', 'integer', 'pid processid'),
  ...names('process.command_line', 'text', 'cmdline commandline'),
  ...names('http.request.method', 'text', 'method httpmethod requestmethod'),
  ...names('http.response.status_code', 'integer', 'statuscode httpstatus responsecode responsestatus'),
  ...names('http.response.status_code', 'status', 'status'),
  ...names('url.original', 'request', 'request'),
  ...names('http.response.body.bytes', 'integer', 'bodybytessent'),
  ...names('http.request.referrer', 'text', 'referer referrer httpreferer httpreferrer'),
  ...names('url.domain', 'text', 'servername httphost'),
  ...names('url.original', 'url', 'url uri requesturi requesturl'),
  ...names('user_agent.original', 'text', 'useragent httpuseragent'),
  ...names('network.transport', 'text', 'proto protocol transport'),
  ...names('file.path', 'text', 'filepath'),
  ...names('dns.question.name', 'text', 'query queryname'),
])

/** ECS's top-level objects: a plain value under one of these names would stand where an object belongs. */
const SECTIONS = new Set(
  'agent as client cloud container data_stream destination device dll dns ecs email error event faas file group host http log network observer orchestrator organization package process registry related rule server service source threat tls url user user_agent vulnerability winlog labels'.split(
    ' ',
  ),
)

/**
 * An event from named values: names everybody uses move into ECS, the rest stays under its own name.
 *
 * @param under - object to keep the rest in; undefined keeps it at the top, where an ECS name in use makes it `json.<name>`
 */
export function eventFromFields(
  record: OpenRecord,
  context: ReadContext,
  dataset: string,
  document: EventDocument,
  fields: { readonly [name: string]: JsonValue | undefined },
  under: string | undefined,
): PicketEvent {
  let time: Date | undefined
  const rest: { [name: string]: JsonValue } = {}
  for (const name in fields) {
    const value = fields[name]
    if (value === undefined || value === null || value === '') continue
    const common = name.length <= 24 ? COMMON.get(name.toLowerCase().replace(/[_.-]/g, '')) : undefined
    if (common?.[1] === 'time') {
      const read = time ? undefined : parseTimestamp(value, { zone: context.zone, observedAt: record.observedAt })
      if (read) {
        time = read
        continue
      }
    } else if (common && typeof value !== 'object' && place(document, common[0], common[1], value)) continue
    rest[name] = value
  }
  putEnvelope(document, record)
  if (under !== undefined) {
    for (const _ in rest) {
      put(document, under, rest)
      break
    }
  } else keepRest(document, rest)
  return finishEvent(record, dataset, logsourceOf(record, document), time, document)
}

const UNKNOWN: EventLogsource = { categories: [] }

/** What the fields tell of the source: a web request, a firewall's verdict, or an application's log. */
function logsourceOf({ text, body, envelope, hints }: OpenRecord, document: EventDocument): EventLogsource {
  if (isWebRequest(document)) return { categories: ['webserver'] }
  if (isVerdict(document)) return { categories: ['firewall'] }
  const traces = { logger: textAt(document, 'log.logger'), program: envelope?.app, sourcetype: hints?.sourcetype, text: text === '' ? body : text }
  return applicationOf(traces) ?? UNKNOWN
}

const VERDICT = /^(?:accept|allow|permit|pass|drop|den[yi]|block|reject)/i

/** Two ends, a port and what became of it. */
const isVerdict = (document: EventDocument): boolean =>
  get(document, 'source.ip') !== undefined &&
  get(document, 'destination.ip') !== undefined &&
  get(document, 'destination.port') !== undefined &&
  VERDICT.test(textAt(document, 'event.action') ?? '')

/** A request that was answered: what a web server's access log tells, whatever the fields are called. */
const isWebRequest = (document: EventDocument): boolean =>
  get(document, 'http.request.method') !== undefined &&
  get(document, 'http.response.status_code') !== undefined &&
  get(document, 'url.original') !== undefined

function place(document: EventDocument, path: string, kind: Kind, value: string | number | boolean): boolean {
  if (get(document, path) !== undefined) return false
  if (kind === 'ip') return set(document, path, parseIp(value), value)
  if (kind === 'port') return set(document, path, parsePort(value), value)
  if (kind === 'integer') return set(document, path, /^\d{1,15}$/.test(String(value)) ? Number(value) : undefined, value)
  if (kind === 'outcome') {
    const outcome = own(OUTCOMES, String(value).toLowerCase())
    if (outcome !== undefined) put(document, path, outcome)
    return outcome === value
  }
  if (kind === 'status') {
    if (!/^[1-5]\d\d$/.test(String(value))) return place(document, 'event.outcome', 'outcome', value)
    put(document, path, Number(value))
    return true
  }
  if (kind === 'request') {
    const line = typeof value === 'string' ? /^([A-Z]{3,16}) (\S{1,8192}) HTTP\/(\d(?:\.\d)?)$/.exec(value) : null
    if (!line) return false
    if (get(document, 'http.request.method') === undefined) put(document, 'http.request.method', line[1])
    putUrl(document, line[2] ?? '')
    put(document, 'http.version', line[3])
    return true
  }
  if (kind === 'url') {
    if (typeof value !== 'string') return false
    putUrl(document, value)
    return true
  }
  return set(document, path, typeof value === 'boolean' ? undefined : String(value), value)
}

const OUTCOMES: { readonly [word: string]: string } = {
  success: 'success',
  succeeded: 'success',
  failure: 'failure',
  failed: 'failure',
  fail: 'failure',
  denied: 'failure',
}

const set = (document: EventDocument, path: string, typed: JsonValue | undefined, value: JsonValue): boolean => {
  put(document, path, typed)
  return typed !== undefined && String(typed) === String(value)
}

function keepRest(document: EventDocument, rest: { [name: string]: JsonValue }): void {
  for (const name in rest) {
    const value = rest[name] as JsonValue
    const isObjectValue = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (document[name] === undefined && (isObjectValue || !SECTIONS.has(name))) document[name] = value
    else {
      document['json'] ??= {}
      const kept = document['json']
      if (typeof kept === 'object' && kept !== null && !Array.isArray(kept)) kept[name] = value
    }
  }
}
