import { parseTimestamp, readSyslogDate, type TimeContext } from './timestamps.ts'

/** What a syslog header says. RFC 5424 section 6, RFC 3164 section 4, and what is sent in their name. */
export interface SyslogEnvelope {
  /** 0 to 191; facility × 8 + severity. */
  readonly priority?: number | undefined
  readonly time?: Date | undefined
  readonly host?: string | undefined
  readonly app?: string | undefined
  readonly pid?: string | undefined
  /** RFC 5424's MSGID. */
  readonly messageId?: string | undefined
  /** RFC 5424's structured data: `{ 'exampleSDID@32473': { iut: '3' } }`. */
  readonly structured?: { [id: string]: { [name: string]: string } } | undefined
  readonly rfc: 3164 | 5424
}

// RFC 5424 names no bound for structured data; these keep a crafted line from growing.
const MAX_ELEMENTS = 64
const MAX_PARAMS = 256
const HOST = /^[\w.:\u0080-\uffff-]{1,255}$/
// `app[123]: `, `app: `, `app[123] `. The name may hold anything a program is called, but no blank, bracket or colon.
const TAG = /^([^\s:[\]]{1,64})(?:\[([^\s\]]{1,32})\])?:(?: |$)|^([^\s:[\]]{1,64})\[(\d{1,10})\] /

/**
 * Takes the syslog header off a line. Undefined where there is none; `body` is everything after it.
 * A line counts as syslog when it starts with `<PRI>` or with a date syslog uses.
 */
export function openSyslog(text: string, context: TimeContext): { envelope: SyslogEnvelope; body: string } | undefined {
  let at = 0
  let priority: number | undefined
  if (text.charCodeAt(0) === 60) {
    const end = text.indexOf('>', 1)
    if (end < 2 || end > 4) return undefined
    priority = Number(text.slice(1, end))
    if (!Number.isInteger(priority) || priority > 191) return undefined
    at = end + 1
    if (text.charCodeAt(at) === 49 && text.charCodeAt(at + 1) === 32) return open5424(text, at + 2, priority, context)
  } else if (text.startsWith('1 ') && /^1 (?:-|\d{4}-\d\d-\d\dT)/.test(text)) {
    return open5424(text, 2, undefined, context) // a relay took the PRI off
  }
  return open3164(text, at, priority, context)
}

function open5424(text: string, start: number, priority: number | undefined, context: TimeContext) {
  const fields: string[] = []
  let at = start
  for (let i = 0; i < 5; i++) {
    const blank = text.indexOf(' ', at)
    // The line may end after any field but the first: be generous with senders that stop early.
    const end = blank < 0 ? text.length : blank
    fields.push(text.slice(at, end))
    at = blank < 0 ? text.length : blank + 1
  }
  const [stamp = '-', host = '-', app = '-', pid = '-', messageId = '-'] = fields
  const time = stamp === '-' ? undefined : parseTimestamp(stamp, context)
  if (stamp !== '-' && !time) return undefined
  const { structured, end } = readStructured(text, at)
  let body = text.slice(end)
  if (body.charCodeAt(0) === 32) body = body.slice(1)
  if (body.charCodeAt(0) === 0xfeff) body = body.slice(1) // MSG-UTF8 starts with a BOM
  const envelope: SyslogEnvelope = {
    priority,
    time,
    host: nil(host),
    app: nil(app),
    pid: nil(pid),
    messageId: nil(messageId),
    structured,
    rfc: 5424,
  }
  return { envelope, body }
}

const nil = (field: string): string | undefined => (field === '-' || field === '' ? undefined : field)

/** `[id name="value" …][…]` or `-`. Values escape `"`, `\` and `]` with a backslash (section 6.3.3). */
function readStructured(text: string, start: number): { structured: SyslogEnvelope['structured']; end: number } {
  if (text.charCodeAt(start) === 45) return { structured: undefined, end: start + 1 }
  const structured: { [id: string]: { [name: string]: string } } = {}
  let at = start
  let elements = 0
  let params = 0
  while (text.charCodeAt(at) === 91 && elements++ < MAX_ELEMENTS) {
    let cursor = at + 1
    const idStart = cursor
    while (cursor < text.length && text[cursor] !== ' ' && text[cursor] !== ']') cursor++
    const element: { [name: string]: string } = {}
    const id = text.slice(idStart, cursor)
    while (text[cursor] === ' ' && params++ < MAX_PARAMS) {
      const equals = text.indexOf('="', cursor)
      if (equals < 0) break
      const name = text.slice(cursor + 1, equals)
      cursor = equals + 2
      const valueStart = cursor
      while (cursor < text.length && text[cursor] !== '"') cursor += text[cursor] === '\\' ? 2 : 1
      if (name !== '__proto__') element[name] = text.slice(valueStart, cursor).replace(/\\(["\\\]])/g, '$1')
      cursor++
    }
    if (text[cursor] !== ']' || id === '__proto__') break // not structured data after all: it stays in the message
    structured[id] = element
    at = cursor + 1
  }
  return { structured: at > start ? structured : undefined, end: at }
}

function open3164(text: string, start: number, priority: number | undefined, context: TimeContext) {
  let at = start
  // Cisco numbers its messages: `<189>118: Oct  5 …`, and marks a clock that is not set with `*` or `.`.
  const counter = priority === undefined ? undefined : /^\d{1,10}: /.exec(text.slice(at, at + 12))
  if (counter) at += counter[0].length
  const mark = text.charCodeAt(at)
  if (priority !== undefined && (mark === 42 || mark === 46)) at++
  const date = readDate(text, at, context)
  if (!date && priority === undefined) return undefined
  if (date) at = date.end
  while (text.charCodeAt(at) === 32) at++
  let host: string | undefined
  if (date) {
    const blank = text.indexOf(' ', at)
    const word = text.slice(at, blank < 0 ? text.length : blank)
    // What ends in a colon or carries a pid is the program already: the sender left its name out.
    if (blank > 0 && HOST.test(word) && !word.endsWith(':')) {
      host = word
      at = blank + 1
      while (text.charCodeAt(at) === 32) at++
    }
  }
  const rest = text.slice(at)
  // `CEF:` and `LEEF:` look like a program's name and are the start of the record.
  const tag = rest.startsWith('CEF:') || rest.startsWith('LEEF:') ? null : TAG.exec(rest.length > 128 ? rest.slice(0, 128) : rest)
  const app = tag?.[1] ?? tag?.[3]
  const pid = tag?.[2] ?? tag?.[4]
  // A date alone is no syslog: many programs start their own lines with one.
  if (priority === undefined && (host === undefined || (app === undefined && !rest.startsWith('CEF:') && !rest.startsWith('LEEF:')))) return undefined
  const envelope: SyslogEnvelope = { priority, time: date?.time, host, app, pid, rfc: 3164 }
  return { envelope, body: tag ? rest.slice(tag[0].length) : rest }
}

function readDate(text: string, at: number, context: TimeContext): { time: Date; end: number } | undefined {
  const first = text.charCodeAt(at)
  if (first >= 48 && first <= 57) {
    // RFC 3339 in the place of the old date, as rsyslog and journald write it; or with a blank instead of the T.
    let end = text.indexOf(' ', at)
    if (end < 0) end = text.length
    if (end === at + 10) end = text.indexOf(' ', at + 11)
    if (end < at + 19) return undefined
    const word = text.slice(at, end)
    const time = parseTimestamp(word.endsWith(':') ? word.slice(0, -1) : word, context)
    return time ? { time, end } : undefined
  }
  const date = readSyslogDate(text, at, context)
  if (!date) return undefined
  const rest = text.slice(date.end, date.end + 8)
  const zone = /^ (?:UTC|GMT)(?=[ :])|^ [A-Z]{3,4}:/.exec(rest) // `Oct  5 13:02:01 UTC:`
  const colon = !zone && rest.startsWith(':') ? 1 : 0
  return { time: date.time, end: date.end + (zone ? zone[0].length : colon) }
}

const FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'security',
  'console',
  'solaris-cron',
]
const SEVERITIES = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'debug']

export const facilityName = (priority: number): string => FACILITIES[priority >> 3] ?? `local${(priority >> 3) - 16}`
export const severityName = (priority: number): string => SEVERITIES[priority & 7] ?? 'debug'
