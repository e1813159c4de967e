import type { EventDocument, JsonValue } from '../../event/event.ts'
import { own } from '../../own.ts'
import { isObject } from '../bounds.ts'
import type { Format } from '../contract.ts'
import { finishEvent, put, relate } from '../document.ts'
import { parseIp } from '../ip.ts'
import { putLogin } from '../logins.ts'
import { putEnvelope } from '../syslog-document.ts'
import { parseTimestamp } from '../timestamps.ts'
import { UTC } from '../zones.ts'

type JsonObject = { [key: string]: JsonValue | undefined }
const text = (value: JsonValue | undefined): string | undefined => (typeof value === 'string' ? value : undefined)

const OUTCOMES: { readonly [result: string]: string } = {
  SUCCESS: 'success',
  ALLOW: 'success',
  FAILURE: 'failure',
  DENY: 'failure',
  CHALLENGE: 'unknown',
  SKIPPED: 'unknown',
}

/** One entry of Okta's System Log (https://developer.okta.com/docs/api/openapi/okta-management/management/tag/SystemLog/). All of it stays under `okta`, but for what moved. */
export const okta: Format = {
  name: 'okta.system',
  title: 'Okta System Log entry',
  recognise: ({ object }) => (object?.['eventType'] !== undefined && object['published'] !== undefined && object['actor'] !== undefined ? 0.95 : 0),
  read(record) {
    const object = record.object
    const type = text(object?.['eventType'])
    if (!object || type === undefined) return undefined
    const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: 'okta.system', provider: 'okta', action: type } }
    putEnvelope(document, record)
    const { eventType: _type, published, uuid, displayMessage, ...rest } = object
    put(document, 'event.id', text(uuid))
    put(document, 'message', text(displayMessage))
    const outcome = isObject(rest['outcome']) ? rest['outcome'] : {}
    put(document, 'event.outcome', own(OUTCOMES, text(outcome['result']) ?? '') ?? 'unknown')
    put(document, 'event.reason', text(outcome['reason']))
    putCategory(document, type)
    putActor(document, rest['actor'])
    const client = isObject(rest['client']) ? rest['client'] : {}
    put(document, 'source.ip', parseIp(client['ipAddress']))
    const agent = isObject(client['userAgent']) ? client['userAgent'] : {}
    put(document, 'user_agent.original', text(agent['rawUserAgent']))
    const place = isObject(client['geographicalContext']) ? client['geographicalContext'] : {}
    put(document, 'source.geo.country_name', text(place['country']))
    put(document, 'source.geo.city_name', text(place['city']))
    putTargets(document, rest['target'])
    put(document, 'okta', rest)
    const time = parseTimestamp(published, { zone: UTC, observedAt: record.observedAt })
    return finishEvent(record, 'okta.system', { product: 'okta', service: 'okta', categories: [] }, time, document)
  },
}

function putActor(document: EventDocument, actor: JsonValue | undefined): void {
  if (!isObject(actor)) return
  put(document, 'user.id', text(actor['id']))
  put(document, 'user.full_name', text(actor['displayName']))
  putLogin(document, 'user', text(actor['alternateId']))
}

function putTargets(document: EventDocument, targets: JsonValue | undefined): void {
  if (!Array.isArray(targets)) return
  for (const target of targets.slice(0, 16)) {
    if (!isObject(target)) continue
    const kind = text(target['type'])
    if (kind === 'User' || kind === 'AppUser') {
      putLogin(document, 'user.target', text(target['alternateId']))
      put(document, 'user.target.id', text(target['id']))
      relate(document, 'related.user', text(target['alternateId']))
    } else if (kind === 'UserGroup') put(document, 'group.name', text(target['displayName']))
  }
}

function putCategory(document: EventDocument, type: string): void {
  const isLogin =
    type.startsWith('user.session.') ||
    type.startsWith('user.authentication.') ||
    type.startsWith('user.mfa.') ||
    type.startsWith('policy.evaluate_sign_on')
  const category = isLogin
    ? 'authentication'
    : type.startsWith('policy.') || type.startsWith('zone.') || type.startsWith('system.')
      ? 'configuration'
      : 'iam'
  const kinds: JsonObject = {
    start: 'start',
    end: 'end',
    create: 'creation',
    delete: 'deletion',
    deactivate: 'change',
    update: 'change',
    add: 'change',
    remove: 'change',
  }
  put(document, 'event.category', [category])
  put(document, 'event.type', [text(kinds[type.slice(type.lastIndexOf('.') + 1)]) ?? 'info'])
}
