import { asNamed, type Taxonomy } from './taxonomy.ts'

/** Okta System Log. SigmaHQ writes `eventtype` as well as `eventType`. */
export const okta: Taxonomy = {
  applies: ({ product }) => product === 'okta',
  fields: {
    eventType: ['event.action'],
    eventtype: ['event.action'],
    uuid: ['event.id'],
    displayMessage: ['message'],
    displaymessage: ['message'],
    'client.ipAddress': ['okta.client.ipAddress', 'source.ip'],
    'target.displayName': ['okta.target.displayName', 'okta.target.display_name'],
  },
  vendorNames: {
    eventtype: ['eventType'],
    displaymessage: ['displayMessage'],
    ...asNamed(
      'actor.alternateId debugContext.debugData.requestUri securityContext.isProxy target.displayName outcome.reason outcome.result debugContext.debugData.behaviors debugContext.debugData.logOnlySecurityData debugContext.debugData.threatSuspected actor.id target.id target.alternateId target.type legacyEventType',
    ),
  },
  vendorPrefixes: ['okta'],
  snakeCase: true,
}

/** OneLogin's events API and broadcaster (https://developers.onelogin.com/api-docs/1/events/event-types). */
export const onelogin: Taxonomy = {
  applies: ({ product }) => product === 'onelogin',
  fields: { event_type_id: ['event.code'] },
  vendorNames: asNamed('event_type_id'),
  vendorPrefixes: ['onelogin'],
}

/** Cisco Duo's authentication log (https://duo.com/docs/adminapi#authentication-logs). */
export const duo: Taxonomy = {
  applies: ({ product, service }) => product === 'cisco' && service === 'duo',
  fields: { event_type: ['cisco_duo.auth.event_type'], reason: ['cisco_duo.auth.reason', 'event.reason'], result: ['cisco_duo.auth.result'] },
  vendorNames: asNamed('event_type reason result factor'),
  vendorPrefixes: ['cisco_duo', 'cisco_duo.auth'],
}
