import { asNamed, type Taxonomy } from './taxonomy.ts'

const CLOUD_LOGGING = 'data.'

const METHOD = ['gcp.audit.protoPayload.methodName', 'gcp.audit.data.protoPayload.methodName', 'gcp.audit.method_name', 'event.action']
/** One record of Workspace may tell several events; `event.action` names the first alone. */
const EVENT = ['google_workspace.events.name', 'gcp.audit.protoPayload.metadata.event.eventName', 'event.action']

/** Google Cloud's audit logs. Rules name their fields as Cloud Logging does, as Pub/Sub wraps them (`data.`), or as Filebeat does. */
export const gcpAudit: Taxonomy = {
  applies: ({ product, service }) => product === 'gcp' && (service === undefined || service === 'gcp.audit'),
  fields: {
    'gcp.audit.method_name': METHOD,
    'data.protoPayload.methodName': METHOD,
    'protoPayload.methodName': METHOD,
    'data.protoPayload.serviceName': ['gcp.audit.service_name'],
    'protoPayload.serviceName': ['gcp.audit.service_name'],
    'data.protoPayload.authorizationInfo.permission': ['gcp.audit.authorization_info.permission'],
    'data.protoPayload.authorizationInfo.granted': ['gcp.audit.authorization_info.granted'],
    'data.protoPayload.resource.type': ['gcp.audit.resource.type'],
    'protoPayload.authenticationInfo.principalEmail': ['gcp.audit.authentication_info.principal_email', 'user.email'],
    'protoPayload.status.code': ['gcp.audit.status.code'],
    'data.protoPayload.logName': ['log.logger'],
  },
  vendorNames: {
    'gcp.audit.method_name': ['protoPayload.methodName', 'data.protoPayload.methodName'],
    // Both stand beside the payload in the record itself.
    'data.protoPayload.resource.type': ['resource.type', 'data.resource.type'],
    'data.protoPayload.logName': ['logName', 'data.logName'],
    ...asNamed(
      'protoPayload.methodName protoPayload.serviceName protoPayload.status.code protoPayload.resourceName protoPayload.authenticationInfo.principalEmail protoPayload.serviceData.policyDelta.bindingDeltas.action protoPayload.serviceData.policyDelta.bindingDeltas.role protoPayload.serviceData.policyDelta.bindingDeltas.member data.protoPayload.methodName data.protoPayload.serviceName data.protoPayload.authorizationInfo.permission data.protoPayload.authorizationInfo.granted',
    ),
  },
  spellings: (name) => (name.startsWith(CLOUD_LOGGING) ? [name, name.slice(CLOUD_LOGGING.length)] : [name, CLOUD_LOGGING + name]),
  vendorPrefixes: ['gcp.audit'],
}

/**
 * Google Workspace's activity, as the Reports API gives it and as Cloud Logging does. Events' parameters are a list of name and value there; the
 * normaliser also keeps them as `google_workspace.parameters.<NAME>`.
 */
export const googleWorkspace: Taxonomy = {
  applies: ({ product, service }) => product === 'gcp' && service !== undefined && service.startsWith('google_workspace.'),
  fields: {
    eventService: ['event.provider'],
    eventName: EVENT,
    setting_name: ['google_workspace.parameters.SETTING_NAME', 'google_workspace.parameters.setting_name', 'google_workspace.admin.setting.name'],
    new_value: ['google_workspace.parameters.NEW_VALUE', 'google_workspace.parameters.new_value', 'google_workspace.admin.new_value'],
    role_name: ['google_workspace.parameters.ROLE_NAME', 'google_workspace.parameters.role_name', 'google_workspace.admin.role.name'],
    user_email: ['google_workspace.parameters.USER_EMAIL', 'google_workspace.parameters.user_email', 'google_workspace.admin.user.email'],
    domain_name: ['google_workspace.parameters.DOMAIN_NAME', 'google_workspace.parameters.domain_name', 'google_workspace.admin.domain.name'],
    'protoPayload.serviceName': ['event.provider'],
    'protoPayload.Servicename': ['event.provider'],
    'protoPayload.metadata.event.eventName': EVENT,
  },
  vendorNames: {
    eventService: ['protoPayload.serviceName'],
    eventName: ['events.name', 'protoPayload.metadata.event.eventName'],
    setting_name: ['events.parameters.SETTING_NAME'],
    new_value: ['events.parameters.NEW_VALUE'],
    'protoPayload.Servicename': ['protoPayload.serviceName'],
    'protoPayload.metadata.event.eventName': ['events.name'],
  },
  vendorPrefixes: ['google_workspace', 'gcp.audit'],
}
