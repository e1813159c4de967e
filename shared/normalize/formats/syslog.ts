import type { EventLogsource } from '../../event/event.ts'
import { applicationOf } from '../applications.ts'
import type { Format, OpenRecord } from '../contract.ts'
import { finishEvent } from '../document.ts'
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
// Huawei's VRP: `%%01BGP/3/AUTH_FAILED(l)[123]:text`
const HUAWEI = /^%%\d{2}([A-Z0-9_]{2,32})\/[0-7]\//
function sourceOf({ envelope, body }: OpenRecord): EventLogsource {
  const huawei = body.startsWith('%%') ? HUAWEI.exec(body.slice(0, 64)) : null
  if (huawei) return { product: 'huawei', service: huawei[1]?.toLowerCase(), categories: [] }
  const app = envelope?.app
  if (app === undefined) return applicationOf({ text: body }) ?? { categories: [] }
  // Only Junos has a routing daemon of this name; what it says of BGP is that log's.
  if (app === 'rpd') return { product: 'juniper', service: /\bbgp/i.test(body.slice(0, 400)) ? 'bgp' : 'syslog', categories: [] }
  if (app === 'RT_FLOW') return { product: 'juniper', service: 'srx', categories: ['firewall'] }
  const application = applicationOf({ program: app, text: body })
  if (application) return application
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
    return finishEvent(record, 'syslog', sourceOf(record), undefined, document)
  },
}
