import type { EventLogsource } from '../../event/event.ts'
import { dotted, type NativeView, textAt } from './view.ts'

const UNKNOWN: EventLogsource = { categories: [] }

/** Shapes of vendors' own JSON that can be told by the fields they cannot do without. */
const SHAPES: readonly { readonly needs: readonly (readonly string[])[]; readonly logsource: EventLogsource }[] = [
  { needs: [['eventSource'], ['eventName'], ['awsRegion']], logsource: { product: 'aws', service: 'cloudtrail', categories: [] } },
  { needs: [['eventType'], ['published'], ['displayMessage']], logsource: { product: 'okta', service: 'okta', categories: [] } },
  { needs: [['protoPayload', 'methodName']], logsource: { product: 'gcp', service: 'gcp.audit', categories: [] } },
  { needs: [['auditID'], ['verb'], ['requestURI']], logsource: { product: 'kubernetes', service: 'audit', categories: ['application'] } },
  {
    needs: [['operationName'], ['callerIpAddress'], ['resourceId'], ['category']],
    logsource: { product: 'azure', service: 'activitylogs', categories: [] },
  },
  { needs: [['userPrincipalName'], ['conditionalAccessStatus']], logsource: { product: 'azure', service: 'signinlogs', categories: [] } },
  { needs: [['activityDisplayName'], ['initiatedBy']], logsource: { product: 'azure', service: 'auditlogs', categories: [] } },
  { needs: [['riskEventType'], ['riskState']], logsource: { product: 'azure', service: 'riskdetection', categories: [] } },
  { needs: [['Operation'], ['Workload'], ['RecordType']], logsource: { product: 'm365', service: 'audit', categories: [] } },
  { needs: [['cs-method'], ['cs-uri-stem']], logsource: { categories: ['webserver'] } },
]

/** Sigma's logsource of a document by its shape; no part of it is set where the shape is not known. */
export const classifyPlain = (document: object): EventLogsource =>
  SHAPES.find(({ needs }) => needs.every((path) => textAt(document, ...path) !== undefined))?.logsource ?? UNKNOWN

/** Fields as they are: by name, and by dots as nested names. */
export const plainView: NativeView = {
  name: 'plain',
  paths: (field) => dotted(field),
  recognise: () => true,
  classify: classifyPlain,
  timestamp: (document) =>
    textAt(document, '@timestamp') ?? textAt(document, 'timestamp') ?? textAt(document, 'eventTime') ?? textAt(document, 'time'),
}
