import { asNamed, type Taxonomy } from './taxonomy.ts'

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
    src_ip: ['source.ip'],
    src_country: ['source.geo.country_name', 'source.geo.country_iso_code'],
    userAgent: ['user_agent.original'],
    errorCode: ['error.code'],
    errorMessage: ['error.message'],
    status: ['event.outcome'],
    'userIdentity.userName': ['aws.cloudtrail.userIdentity.userName', 'user.name'],
  },
  vendorNames: {
    ...asNamed(
      'requestParameters.policyArn requestParameters.userName requestParameters.launchPermission.add.items.group requestParameters.activate requestParameters.createVolumePermission.add.items.group requestParameters.ipPermissions.items.fromPort requestParameters.ipPermissions.items.toPort requestParameters.ipPermissions.items.ipProtocol requestParameters.ipPermissions.items.ipRanges.items.cidrIp requestParameters.ipPermissions.items.ipv6Ranges.items.cidrIpv6 requestParameters.PublicAccessBlockConfiguration.RestrictPublicBuckets requestParameters.PublicAccessBlockConfiguration.BlockPublicPolicy userIdentity.invokedBy userIdentity.principalId userIdentity.accountId readOnly eventType userIdentity.type userIdentity.arn userIdentity.sessionContext.sessionIssuer.type responseElements.ConsoleLogin additionalEventData.MFAUsed requestParameters.enable requestParameters.attribute requestParameters.layers responseElements responseElements.publiclyAccessible responseElements.pendingModifiedValues.masterUserPassword requestParameters.containerDefinitions.command',
    ),
    src_ip: ['sourceIPAddress'],
    // An object: the parts of it that the public rules look for words in.
    requestParameters: ['requestParameters.VersioningConfiguration.Status', 'requestParameters.policyDocument'],
  },
  vendorPrefixes: ['aws.cloudtrail'],
  snakeCase: true,
}
