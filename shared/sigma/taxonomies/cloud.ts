import type { Taxonomy } from './taxonomy.ts'

/** AWS CloudTrail: what moved into ECS; everything else keeps its vendor name under `aws.cloudtrail`. */
export const cloudtrail: Taxonomy = {
  applies: ({ product, service }) => product === 'aws' && (service === undefined || service === 'cloudtrail'),
  fields: {
    eventName: ['event.action'],
    eventSource: ['event.provider'],
    eventID: ['event.id'],
    awsRegion: ['cloud.region'],
    recipientAccountId: ['cloud.account.id'],
    sourceIPAddress: ['source.ip', 'source.address'],
    userAgent: ['user_agent.original'],
    errorCode: ['error.code', 'aws.cloudtrail.errorCode'],
    errorMessage: ['error.message', 'aws.cloudtrail.errorMessage'],
    'userIdentity.userName': ['aws.cloudtrail.userIdentity.userName', 'user.name'],
  },
  vendorPrefixes: ['aws.cloudtrail'],
}

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
  },
  vendorPrefixes: ['okta'],
}
