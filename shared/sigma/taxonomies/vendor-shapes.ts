import type { EventLogsource } from '../../event/event.ts'
import { memberOf } from '../../own.ts'

/**
 * One kind of record in a vendor's own JSON: how to tell it, whose it is in Sigma's words, and what of it has a place in ECS. The plain view tells
 * records by this table when hunting over files, and the normaliser reads them by it; so a new vendor's JSON is one entry here.
 */
export interface VendorShape {
  /** The event's dataset and, where `under` is absent, the object of the document that keeps the record: `azure.signinlogs`. */
  readonly dataset: string
  readonly title: string
  /** Any one of these must hold: each path (dotted) is present, or matches. Written rarest field first, for the first is looked at before all else. */
  readonly marks: readonly { readonly [path: string]: true | RegExp }[]
  readonly logsource: EventLogsource
  /** A narrower logsource that depends on the record. */
  readonly narrower?: (record: object) => EventLogsource | undefined
  /** ECS path → the record's paths (dotted, parted by blanks), the first present wins. One alone that is kept unchanged moves; else it is a copy. */
  readonly ecs: { readonly [ecsPath: string]: string }
  /** Lists of `{name, value}` that are kept a second time as an object, since rules name their entries. */
  readonly pairs?: { readonly list: string; readonly into: string }
  readonly under?: string
  /**
   * True where rules ask for what only reading works out (an outcome, a list's entries by name): such a record is not matched in place, so that the
   * same rules fire on it as on its event.
   */
  readonly readFirst?: true | ((record: object) => boolean)
}

const NONE: readonly string[] = []
const of = (product: string, service: string | undefined, ...categories: string[]): EventLogsource => ({
  product,
  service,
  categories: categories.length > 0 ? categories : NONE,
})

/** By one of the record's values, lower-cased: a table of logsources. */
const byValue = (table: { readonly [value: string]: EventLogsource }, ...paths: readonly string[]) => {
  const split = paths.map((path) => path.split('.'))
  return (record: object): EventLogsource | undefined => {
    for (const path of split) {
      const value = path.reduce<unknown>(memberOf, record)
      const found = typeof value === 'string' && Object.hasOwn(table, value.toLowerCase()) ? table[value.toLowerCase()] : undefined
      if (found) return found
    }
    return undefined
  }
}

const zeekLog = (log: string, marks: VendorShape['marks'], categories: readonly string[], ecs: VendorShape['ecs']): VendorShape => ({
  dataset: `zeek.${log}`,
  title: `Zeek's ${log} log as JSON`,
  // Zeek's writers that join logs name the log; a file of one log does not.
  marks: [{ _path: new RegExp(`^${log}$`), ts: true }, ...marks],
  logsource: of('zeek', log, ...categories),
  ecs: {
    '@timestamp': 'ts',
    'source.ip': 'id.orig_h',
    'source.port': 'id.orig_p',
    'destination.ip': 'id.resp_h',
    'destination.port': 'id.resp_p',
    'network.transport': 'proto',
    ...ecs,
  },
})

const GOOGLE_WORKSPACE = {
  admin: of('gcp', 'google_workspace.admin'),
  'admin.googleapis.com': of('gcp', 'google_workspace.admin'),
  login: of('gcp', 'google_workspace.login'),
  'login.googleapis.com': of('gcp', 'google_workspace.login'),
}

const workspaceInCloudLogging = byValue(GOOGLE_WORKSPACE, 'protoPayload.serviceName', 'data.protoPayload.serviceName')

const M365_ALERTS = of('m365', 'threat_management')

/** Every shape there is, the more particular first. */
export const VENDOR_SHAPES: readonly VendorShape[] = [
  {
    dataset: 'aws.cloudtrail',
    title: 'AWS CloudTrail record',
    marks: [{ eventSource: true, eventName: true, awsRegion: true }],
    logsource: of('aws', 'cloudtrail'),
    ecs: {},
  },
  {
    dataset: 'okta.system',
    title: 'Okta System Log entry',
    marks: [{ published: true, eventType: true, displayMessage: true }],
    logsource: of('okta', 'okta'),
    ecs: {},
  },
  {
    dataset: 'azure.signinlogs',
    title: 'Microsoft Entra ID sign-in (Azure Monitor, Log Analytics or Microsoft Graph)',
    marks: [
      { properties: true, category: /SignInLogs$/i },
      { conditionalAccessStatus: true, userPrincipalName: true },
      { ConditionalAccessStatus: true, UserPrincipalName: true },
    ],
    readFirst: true,
    logsource: of('azure', 'signinlogs'),
    ecs: {
      '@timestamp': 'properties.createdDateTime createdDateTime CreatedDateTime time TimeGenerated',
      'event.action': 'operationName OperationName properties.operationName',
      'event.id': 'properties.id id Id',
      'event.outcome': 'resultType ResultType properties.status.errorCode status.errorCode',
      'event.reason': 'properties.status.failureReason status.failureReason resultDescription ResultDescription',
      'source.ip': 'callerIpAddress properties.ipAddress ipAddress IPAddress',
      'source.geo.country_iso_code': 'properties.location.countryOrRegion location.countryOrRegion location Location',
      'source.geo.city_name': 'properties.location.city location.city',
      'user.login': 'properties.userPrincipalName userPrincipalName UserPrincipalName properties.servicePrincipalName',
      'user.id': 'properties.userId userId UserId',
      'user_agent.original': 'properties.userAgent userAgent UserAgent',
      'service.name': 'properties.appDisplayName appDisplayName AppDisplayName',
      'cloud.account.id': 'tenantId properties.resourceTenantId',
    },
  },
  {
    dataset: 'azure.auditlogs',
    title: 'Microsoft Entra ID audit log (Azure Monitor, Log Analytics or Microsoft Graph)',
    marks: [
      { properties: true, category: /^AuditLogs$/i },
      { activityDisplayName: true, initiatedBy: true },
      { ActivityDisplayName: true, LoggedByService: true },
    ],
    logsource: of('azure', 'auditlogs'),
    ecs: {
      '@timestamp': 'properties.activityDateTime activityDateTime ActivityDateTime time TimeGenerated',
      'event.action': 'properties.activityDisplayName activityDisplayName ActivityDisplayName operationName OperationName',
      'event.id': 'properties.id id Id',
      'event.outcome': 'properties.result result Result',
      'event.reason': 'properties.resultReason resultReason ResultReason',
      'source.ip': 'callerIpAddress properties.initiatedBy.user.ipAddress initiatedBy.user.ipAddress',
      'user.login':
        'properties.initiatedBy.user.userPrincipalName initiatedBy.user.userPrincipalName InitiatedBy.user.userPrincipalName properties.initiatedBy.app.displayName initiatedBy.app.displayName identity Identity',
      'user.id': 'properties.initiatedBy.user.id initiatedBy.user.id',
      'user_agent.original': 'properties.userAgent userAgent',
      'cloud.account.id': 'tenantId',
    },
  },
  {
    dataset: 'azure.pim',
    title: 'Alert of Microsoft Entra Privileged Identity Management',
    marks: [
      { riskEventType: /Alert(?:Incident|Configuration)$/ },
      { 'properties.riskEventType': /Alert(?:Incident|Configuration)$/ },
      { alertType: /Alert(?:Incident|Configuration)$/ },
    ],
    logsource: of('azure', 'pim'),
    ecs: {
      '@timestamp': 'createdDateTime detectedDateTime time TimeGenerated properties.detectedDateTime',
      'event.action': 'riskEventType properties.riskEventType alertType',
      'user.login': 'userPrincipalName properties.userPrincipalName assigneeUserPrincipalName',
    },
  },
  {
    dataset: 'azure.identity_protection',
    title: 'Risk detected by Microsoft Entra ID Protection',
    marks: [
      { riskEventType: true, riskState: true },
      { 'properties.riskEventType': true },
      { RiskEventType: true, RiskState: true },
      { riskEventType: true, riskLevel: true },
    ],
    logsource: of('azure', 'riskdetection'),
    ecs: {
      '@timestamp': 'properties.detectedDateTime detectedDateTime DetectedDateTime activityDateTime time TimeGenerated',
      'event.action': 'properties.riskEventType riskEventType RiskEventType',
      'event.id': 'properties.id id Id',
      'source.ip': 'properties.ipAddress ipAddress IpAddress callerIpAddress',
      'source.geo.country_iso_code': 'properties.location.countryOrRegion location.countryOrRegion',
      'user.login': 'properties.userPrincipalName userPrincipalName UserPrincipalName',
      'user.id': 'properties.userId userId UserId',
      'cloud.account.id': 'tenantId',
    },
  },
  {
    dataset: 'azure.activitylogs',
    title: 'Azure activity log (Azure Monitor, Log Analytics or REST)',
    marks: [
      {
        resourceId: true,
        operationName: true,
        category: /^(?:Administrative|Alert|Autoscale|Policy|Recommendation|ResourceHealth|Security|ServiceHealth|Write|Delete|Action)$/i,
      },
      { eventDataId: true, 'operationName.value': true },
      { OperationNameValue: true, CategoryValue: true },
    ],
    logsource: of('azure', 'activitylogs'),
    ecs: {
      '@timestamp': 'time eventTimestamp EventSubmissionTimestamp TimeGenerated',
      'event.action': 'operationName.value operationName OperationNameValue',
      'event.id': 'eventDataId EventDataId correlationId',
      'event.outcome': 'status.value resultType ActivityStatusValue ActivityStatus',
      'source.ip': 'callerIpAddress CallerIpAddress httpRequest.clientIpAddress claims.ipaddr',
      'user.login': 'caller Caller identity.claims.name claims.name',
      'cloud.account.id': 'subscriptionId SubscriptionId tenantId',
    },
  },
  {
    dataset: 'google_workspace',
    title: 'Google Workspace activity (Reports API)',
    marks: [{ 'id.applicationName': true, events: true }],
    readFirst: true,
    logsource: of('gcp', undefined),
    narrower: byValue(GOOGLE_WORKSPACE, 'id.applicationName'),
    ecs: {
      '@timestamp': 'id.time',
      'event.action': 'events.name',
      'event.id': 'id.uniqueQualifier',
      'event.provider': 'id.applicationName',
      'source.ip': 'ipAddress',
      'user.login': 'actor.email',
      'user.id': 'actor.profileId',
      'cloud.account.id': 'id.customerId',
    },
    pairs: { list: 'events.parameters', into: 'google_workspace.parameters' },
  },
  {
    dataset: 'gcp.audit',
    title: 'Google Cloud audit log entry, also of Google Workspace',
    marks: [{ 'protoPayload.methodName': true }, { 'data.protoPayload.methodName': true }, { 'protoPayload.serviceName': true }],
    logsource: of('gcp', 'gcp.audit'),
    narrower: workspaceInCloudLogging,
    readFirst: (record) => workspaceInCloudLogging(record) !== undefined,
    ecs: {
      '@timestamp': 'timestamp data.timestamp receiveTimestamp',
      // What Workspace did is in the metadata; the method names the API.
      'event.action': 'protoPayload.metadata.event.eventName protoPayload.methodName data.protoPayload.methodName',
      'event.id': 'insertId data.insertId',
      'event.provider': 'protoPayload.serviceName data.protoPayload.serviceName',
      'event.outcome': 'protoPayload.status.code data.protoPayload.status.code protoPayload.metadata.event.status.success',
      'source.ip': 'protoPayload.requestMetadata.callerIp data.protoPayload.requestMetadata.callerIp',
      'user_agent.original': 'protoPayload.requestMetadata.callerSuppliedUserAgent data.protoPayload.requestMetadata.callerSuppliedUserAgent',
      'user.login': 'protoPayload.authenticationInfo.principalEmail data.protoPayload.authenticationInfo.principalEmail',
      'cloud.project.id': 'resource.labels.project_id data.resource.labels.project_id',
      'log.logger': 'logName data.logName',
    },
    pairs: { list: 'protoPayload.metadata.event.parameter', into: 'google_workspace.parameters' },
  },
  {
    dataset: 'kubernetes.audit',
    title: 'Kubernetes audit event',
    marks: [{ auditID: true, verb: true, requestURI: true }],
    logsource: of('kubernetes', 'audit', 'application'),
    ecs: {
      '@timestamp': 'requestReceivedTimestamp stageTimestamp',
      'event.action': 'verb',
      'event.id': 'auditID',
      'event.outcome': 'responseStatus.code',
      'source.ip': 'sourceIPs',
      'user.name': 'user.username',
      'user_agent.original': 'userAgent',
      'url.original': 'requestURI',
      'http.response.status_code': 'responseStatus.code',
      'orchestrator.namespace': 'objectRef.namespace',
      'orchestrator.resource.type': 'objectRef.resource',
      'orchestrator.resource.name': 'objectRef.name',
    },
  },
  {
    dataset: 'o365.audit',
    title: 'Microsoft 365 unified audit record',
    marks: [
      { Workload: true, Operation: true, RecordType: true },
      { Workload: true, Operation: true, CreationTime: true },
    ],
    readFirst: true,
    logsource: of('m365', 'audit'),
    narrower: byValue({ exchange: of('m365', 'exchange'), securitycompliancecenter: M365_ALERTS, threatintelligence: M365_ALERTS }, 'Workload'),
    ecs: {
      '@timestamp': 'CreationTime',
      'event.action': 'Operation',
      'event.id': 'Id',
      'event.code': 'RecordType',
      'event.provider': 'Workload',
      'event.outcome': 'ResultStatus',
      'source.ip': 'ClientIP ClientIPAddress ActorIpAddress',
      'user.login': 'UserId',
      'user_agent.original': 'UserAgent',
      'url.original': 'ObjectId',
      'cloud.account.id': 'OrganizationId',
    },
    pairs: { list: 'ExtendedProperties', into: 'o365.properties' },
  },
  {
    dataset: 'github.audit',
    under: 'github',
    title: 'GitHub audit log entry',
    marks: [
      { _document_id: true, action: /^[a-z_]+\.[a-z_]+/ },
      { actor: true, action: /^[a-z_]+\.[a-z_]+/, created_at: true },
      { actor: true, action: /^[a-z_]+\.[a-z_]+/, org: true },
    ],
    logsource: of('github', 'audit'),
    ecs: {
      '@timestamp': '@timestamp created_at',
      'event.action': 'action',
      'event.id': '_document_id',
      'source.ip': 'actor_ip',
      'source.geo.country_iso_code': 'actor_location.country_code',
      'user.name': 'actor',
      'user.id': 'actor_id',
      'user_agent.original': 'user_agent',
      'organization.name': 'org',
    },
  },
  {
    dataset: 'bitbucket.audit',
    under: 'bitbucket',
    title: 'Bitbucket audit log entry',
    marks: [{ 'auditType.action': true, 'auditType.category': true }],
    logsource: of('bitbucket', 'audit'),
    ecs: {
      '@timestamp': 'timestamp.epochSecond timestamp creationDate',
      'user.name': 'author.name',
      'user.id': 'author.id',
      'source.ip': 'source',
      'event.action': 'auditType.action',
    },
  },
  {
    dataset: 'gitlab.audit',
    under: 'gitlab',
    title: 'GitLab audit event',
    marks: [{ entity_type: true, author_id: true, entity_id: true }],
    logsource: of('gitlab', 'audit'),
    ecs: {
      '@timestamp': 'time created_at',
      'event.action': 'event_type event_name',
      'event.id': 'id correlation_id',
      'source.ip': 'ip_address details.ip_address',
      'user.name': 'author_name details.author_name',
      'user.id': 'author_id',
    },
  },
  {
    dataset: 'onelogin.events',
    under: 'onelogin',
    title: 'OneLogin event',
    marks: [
      { event_type_id: true, account_id: true },
      { event_type_id: true, actor_user_id: true },
      { event_type_id: true, user_id: true },
    ],
    logsource: of('onelogin', 'onelogin.events'),
    ecs: {
      '@timestamp': 'created_at event_timestamp',
      'event.id': 'id uuid',
      'event.code': 'event_type_id',
      'source.ip': 'ipaddr',
      'user.login': 'actor_user_name user_name',
      'user.id': 'actor_user_id user_id',
      'user_agent.original': 'user_agent',
    },
  },
  {
    dataset: 'cisco_duo.auth',
    under: 'cisco_duo',
    title: 'Cisco Duo authentication',
    marks: [
      { factor: true, event_type: true, result: true },
      { txid: true, event_type: true, reason: true },
    ],
    logsource: of('cisco', 'duo'),
    ecs: {
      '@timestamp': 'isotimestamp timestamp',
      'event.id': 'txid',
      'event.outcome': 'result',
      'event.reason': 'reason',
      'event.action': 'event_type',
      'source.ip': 'access_device.ip',
      'user.login': 'email user.name',
      'service.name': 'application.name',
    },
  },
  {
    dataset: 'opencanary',
    title: 'OpenCanary honeypot event',
    marks: [
      { logtype: true, node_id: true },
      { logtype: true, logdata: true, src_host: true },
    ],
    logsource: of('opencanary', undefined, 'application'),
    ecs: {
      '@timestamp': 'utc_time local_time_adjusted local_time',
      'event.code': 'logtype',
      'host.name': 'node_id',
      'source.ip': 'src_host',
      'source.port': 'src_port',
      'destination.ip': 'dst_host',
      'destination.port': 'dst_port',
      'user.name': 'logdata.USERNAME',
    },
  },
  {
    dataset: 'qualys',
    title: 'Qualys host detection',
    marks: [{ 'host.scan.vuln': true }, { 'host.scan.vuln_name': true }],
    logsource: of('qualys', undefined),
    ecs: { 'host.name': 'host.name host.hostname', 'host.ip': 'host.ip', 'rule.name': 'host.scan.vuln_name' },
  },
  zeekLog(
    'dns',
    [
      { uid: true, query: true, qtype_name: true },
      { uid: true, query: true, rcode_name: true },
    ],
    ['dns'],
    {
      'dns.question.name': 'query',
      'dns.question.type': 'qtype_name',
      'dns.answers.data': 'answers',
      'dns.response_code': 'rcode_name',
    },
  ),
  zeekLog(
    'http',
    [
      { uid: true, trans_depth: true, method: true },
      { uid: true, user_agent: true, uri: true },
    ],
    [],
    {
      'http.request.method': 'method',
      'http.response.status_code': 'status_code',
      'url.domain': 'host',
      'url.original': 'uri',
      'user_agent.original': 'user_agent',
    },
  ),
  zeekLog('smb_files', [{ uid: true, action: /^SMB::/ }], [], { 'event.action': 'action', 'file.name': 'name', 'file.directory': 'path' }),
  zeekLog('dce_rpc', [{ uid: true, endpoint: true, operation: true }], [], { 'event.action': 'operation' }),
  zeekLog('kerberos', [{ uid: true, request_type: /^(?:AS|TGS)$/ }], [], { 'user.name': 'client' }),
  zeekLog(
    'rdp',
    [
      { uid: true, security_protocol: true },
      { uid: true, cookie: true, result: true },
    ],
    [],
    { 'user.name': 'cookie' },
  ),
  zeekLog('x509', [{ 'certificate.serial': true }], [], {
    'file.x509.serial_number': 'certificate.serial',
    'file.x509.subject.distinguished_name': 'certificate.subject',
    'file.x509.issuer.distinguished_name': 'certificate.issuer',
  }),
  zeekLog(
    'ssl',
    [
      { uid: true, cipher: true, curve: true },
      { uid: true, server_name: true, version: /^TLS|^SSL/ },
    ],
    [],
    { 'tls.client.server_name': 'server_name' },
  ),
  zeekLog('conn', [{ uid: true, conn_state: true }], [], {
    'source.bytes': 'orig_bytes',
    'destination.bytes': 'resp_bytes',
    'network.protocol': 'service',
  }),
  {
    dataset: 'aws.vpcflow',
    title: 'AWS VPC flow log as JSON',
    marks: [{ srcaddr: true, dstaddr: true, action: true }],
    logsource: of('aws', 'vpcflow', 'firewall'),
    ecs: {
      '@timestamp': 'start',
      'source.ip': 'srcaddr',
      'source.port': 'srcport',
      'destination.ip': 'dstaddr',
      'destination.port': 'dstport',
      'event.action': 'action',
      'cloud.account.id': 'account_id',
    },
  },
  {
    dataset: 'web.w3c',
    title: 'Web request in the names of the W3C extended log format',
    marks: [{ 'cs-uri-stem': true, 'cs-method': true }],
    logsource: { categories: ['webserver'] },
    ecs: {
      '@timestamp': 'date-time timestamp time',
      'source.ip': 'c-ip',
      'destination.ip': 's-ip',
      'destination.port': 's-port',
      'http.request.method': 'cs-method',
      'http.request.referrer': 'cs(Referer) cs-referer',
      'http.response.status_code': 'sc-status',
      'url.path': 'cs-uri-stem',
      'url.query': 'cs-uri-query',
      'url.domain': 'cs-host cs(Host)',
      'user.name': 'cs-username',
      'user_agent.original': 'cs(User-Agent) cs-user-agent',
    },
  },
]
