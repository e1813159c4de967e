import type { EventDocument, JsonValue } from '../../event/event.ts'
import { isObject } from '../bounds.ts'
import type { Format } from '../contract.ts'
import { finishEvent, put } from '../document.ts'
import { parseIp } from '../ip.ts'
import { putEnvelope } from '../syslog-document.ts'
import { parseTimestamp } from '../timestamps.ts'
import { UTC } from '../zones.ts'

const text = (value: JsonValue | undefined): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** One record of AWS CloudTrail (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html). What does not move stays under `aws.cloudtrail`. */
export const cloudtrail: Format = {
  name: 'aws.cloudtrail',
  title: 'AWS CloudTrail record',
  recognise: ({ object }) =>
    object?.['eventSource'] !== undefined &&
    object['eventName'] !== undefined &&
    (object['awsRegion'] !== undefined || object['eventVersion'] !== undefined)
      ? 0.98
      : 0,
  read(record) {
    const object = record.object
    const name = text(object?.['eventName'])
    if (!object || name === undefined) return undefined
    const { eventName: _name, eventSource, eventTime, eventID, awsRegion, sourceIPAddress, userAgent, recipientAccountId, ...rest } = object
    const document: EventDocument = { '@timestamp': '', event: { kind: 'event', dataset: 'aws.cloudtrail', action: name } }
    putEnvelope(document, record)
    put(document, 'event.provider', text(eventSource))
    put(document, 'event.id', text(eventID))
    const isRefused = rest['errorCode'] !== undefined || rest['errorMessage'] !== undefined || loginResult(rest['responseElements']) === 'Failure'
    put(document, 'event.outcome', isRefused ? 'failure' : 'success')
    const isLogin = name === 'ConsoleLogin' || text(eventSource) === 'signin.amazonaws.com'
    const isIam = text(eventSource) === 'iam.amazonaws.com'
    put(document, 'event.category', [isLogin ? 'authentication' : isIam ? 'iam' : 'configuration'])
    put(document, 'event.type', [
      isLogin
        ? 'start'
        : /^(?:Create|Put|Run)/.test(name)
          ? 'creation'
          : /^(?:Delete|Terminate)/.test(name)
            ? 'deletion'
            : /^(?:Get|List|Describe|Head|Lookup)/.test(name)
              ? 'access'
              : 'change',
    ])
    put(document, 'cloud.provider', 'aws')
    put(document, 'cloud.region', text(awsRegion))
    // A service acting for you (`autoscaling.amazonaws.com`) has no address.
    const address = text(sourceIPAddress)
    const ip = parseIp(address)
    put(document, ip === undefined ? 'source.address' : 'source.ip', ip ?? address)
    put(document, 'user_agent.original', text(userAgent))
    putIdentity(document, rest['userIdentity'])
    put(document, 'cloud.account.id', text(recipientAccountId) ?? accountOf(rest['userIdentity']))
    put(document, 'aws.cloudtrail', rest)
    const time = parseTimestamp(eventTime, { zone: UTC, observedAt: record.observedAt })
    return finishEvent(record, 'aws.cloudtrail', { product: 'aws', service: 'cloudtrail', categories: [] }, time, document)
  },
}

const loginResult = (response: JsonValue | undefined): string | undefined => (isObject(response) ? text(response['ConsoleLogin']) : undefined)
const accountOf = (identity: JsonValue | undefined): string | undefined => (isObject(identity) ? text(identity['accountId']) : undefined)

/** IAM users by name; assumed roles by the role behind the session. */
function putIdentity(document: EventDocument, identity: JsonValue | undefined): void {
  if (!isObject(identity)) return
  put(document, 'user.id', text(identity['principalId']))
  const session = isObject(identity['sessionContext']) ? identity['sessionContext'] : {}
  const issuer = isObject(session['sessionIssuer']) ? session['sessionIssuer'] : {}
  put(document, 'user.name', text(identity['userName']) ?? text(issuer['userName']) ?? (identity['type'] === 'Root' ? 'root' : undefined))
}
