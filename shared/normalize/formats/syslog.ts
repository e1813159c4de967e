import type { EventLogsource } from '../../event/event.ts'
import type { Format, OpenRecord } from '../contract.ts'
import { finishEvent, put } from '../document.ts'
import { syslogDocument } from '../syslog-document.ts'
import { facilityName } from '../syslog-envelope.ts'

/** Sigma's `service` for programs its Linux rules name. */
const SERVICES: { readonly [app: string]: string } = {
  cron: 'cron',
  crond: 'cron',
  CRON: 'cron',
  crontab: 'cron',
  clamd: 'clamav',
  freshclam: 'clamav',
  vsftpd: 'vsftpd',
  guacd: 'guacamole',
}
// `%ASA-6-302013: …` and the like: network gear, not Linux.
const CISCO = /^%[A-Z0-9_]{2,32}-(?:[A-Z0-9_]{1,32}-)?([0-7])-([A-Z0-9_]{1,64}):/

function sourceOf({ envelope, body }: OpenRecord): EventLogsource {
  if (body.startsWith('%') && CISCO.test(body.slice(0, 128))) return { product: 'cisco', service: undefined, categories: [] }
  const app = envelope?.app
  if (app === undefined) return { categories: [] }
  const named = Object.hasOwn(SERVICES, app) ? SERVICES[app] : undefined
  if (named !== undefined) return { product: 'linux', service: named, categories: [] }
  const facility = envelope?.priority === undefined ? undefined : facilityName(envelope.priority)
  return { product: 'linux', service: facility === 'auth' || facility === 'authpriv' ? 'auth' : 'syslog', categories: [] }
}

/** Any syslog line whose message no other format knows: the header in ECS, the message as it is. */
export const syslog: Format = {
  name: 'syslog',
  title: 'Syslog, RFC 3164 or RFC 5424, any program',
  recognise: ({ envelope }) => (envelope ? 0.5 : 0),
  read(record) {
    if (!record.envelope) return undefined
    const document = syslogDocument(record, 'syslog')
    const cisco = record.body.startsWith('%') ? CISCO.exec(record.body.slice(0, 128)) : null
    if (cisco) put(document, 'event.code', cisco[2])
    return finishEvent(record, 'syslog', sourceOf(record), undefined, document)
  },
}
