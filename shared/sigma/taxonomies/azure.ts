import { asNamed, azureSpellings, type Taxonomy } from './taxonomy.ts'

/** Microsoft Entra ID and Azure, as Azure Monitor streams their logs, as Log Analytics names the columns, and as Microsoft Graph gives them. */
export const azureActivity: Taxonomy = {
  applies: ({ product, service }) => product === 'azure' && (service === undefined || service === 'activitylogs'),
  fields: { callerIpAddress: ['source.ip'], status: ['event.outcome'], caller: ['user.email', 'user.name'] },
  vendorNames: {
    operationName: ['operationName.value', 'OperationNameValue'],
    OperationName: ['operationName.localizedValue', 'operationName'],
    OperationNameValue: ['operationName.value', 'operationName', 'OperationName'],
    CategoryValue: ['category.value', 'category', 'Category'],
    ResourceProviderValue: ['resourceProviderName.value', 'resourceProviderName', 'ResourceProvider'],
    ResourceId: ['resourceId'],
    status: ['status.value', 'resultType', 'ActivityStatusValue'],
    caller: ['Caller', 'identity.claims.name'],
    // What the portal shows as the operation's message.
    'properties.message': ['operationName.localizedValue', 'operationName', 'OperationName'],
  },
  spellings: azureSpellings,
  vendorPrefixes: ['azure.activitylogs'],
  snakeCase: true,
}

export const azureAudit: Taxonomy = {
  applies: ({ product, service }) => product === 'azure' && (service === undefined || service === 'auditlogs'),
  fields: { Status: ['event.outcome'] },
  vendorNames: {
    'properties.message': ['operationName', 'activityDisplayName', 'OperationName'],
    OperationName: ['activityDisplayName'],
    operationName: ['activityDisplayName', 'OperationName'],
    ActivityDisplayName: ['operationName', 'OperationName'],
    ActivityType: ['operationName', 'activityDisplayName'],
    activityType: ['operationName', 'activityDisplayName'],
    // The envelope's category is the log's name; the activity's own is inside.
    Category: ['properties.category'],
    category: ['properties.category'],
    Status: ['result', 'Result'],
    failure_status_reason: ['resultReason', 'ResultReason'],
    Initiatedby: ['initiatedBy.user.userPrincipalName', 'initiatedBy.app.displayName', 'InitiatedBy'],
    'Initiatied.By': ['initiatedBy.user.userPrincipalName', 'initiatedBy.app.displayName', 'InitiatedBy'],
    'properties.initiatedBy': ['initiatedBy.user.userPrincipalName', 'initiatedBy.app.displayName'],
    Target: ['targetResources.displayName', 'TargetResources.displayName'],
    // What was set: rules look for a role's id or a setting's name here.
    TargetResources: ['targetResources.modifiedProperties.newValue', 'targetResources.id'],
    'properties.targetResources': ['targetResources.type'],
    'TargetResources.modifiedProperties': ['targetResources.modifiedProperties.displayName'],
    'TargetResources.modifiedProperties.newValue': ['targetResources.modifiedProperties.newValue'],
    'TargetResources.ModifiedProperties.DisplayName': ['targetResources.modifiedProperties.displayName'],
    'TargetResources.ModifiedProperties.NewValue': ['targetResources.modifiedProperties.newValue'],
    'ConsentContext.IsAdminConsent': ['targetResources.modifiedProperties.newValue'],
    'additionalDetails.additionalInfo': ['additionalDetails.value', 'AdditionalDetails.value'],
    ...asNamed(
      'LoggedByService targetResources.type targetResources.id targetResources.userPrincipalName targetResources.displayName initiatedBy.user.userPrincipalName initiatedBy.app.displayName result resultReason properties.result',
    ),
  },
  spellings: azureSpellings,
  vendorPrefixes: ['azure.auditlogs'],
  snakeCase: true,
}

export const azureSignIn: Taxonomy = {
  applies: ({ product, service }) => product === 'azure' && (service === undefined || service === 'signinlogs'),
  fields: { callerIpAddress: ['source.ip'], userAgent: ['user_agent.original'], Status: ['event.outcome'] },
  vendorNames: {
    ResultType: ['properties.status.errorCode', 'status.errorCode'],
    resultType: ['properties.status.errorCode', 'status.errorCode', 'ResultType'],
    ResultDescription: ['properties.status.failureReason', 'status.failureReason'],
    Resultdescription: ['resultDescription', 'ResultDescription', 'properties.status.failureReason', 'status.failureReason'],
    Status: ['status.additionalDetails'],
    Username: ['userPrincipalName', 'UserPrincipalName'],
    location: ['location.countryOrRegion', 'properties.location.countryOrRegion', 'Location'],
    ClientApp: ['clientAppUsed', 'ClientAppUsed'],
    callerIpAddress: ['ipAddress', 'IPAddress'],
    // Device code and password grants: the protocol says which.
    'properties.message': ['authenticationProtocol', 'AuthenticationProtocol'],
    ActivityDetails: ['category', 'Category'],
    'DeviceDetail.trusttype': ['deviceDetail.trustType', 'DeviceDetail.trustType'],
    homeTenantId: ['HomeTenantId'],
    resourceTenantId: ['ResourceTenantId'],
    ...asNamed(
      'authenticationProtocol clientAppUsed appId appDisplayName userPrincipalName isInteractive AuthenticationRequirement ResourceDisplayName conditionalAccessStatus RiskState DeviceDetail.isCompliant DeviceDetail.deviceId NetworkLocationDetails properties.appId properties.authenticationRequirement properties.deviceDetail.deviceId userAgent',
    ),
  },
  spellings: azureSpellings,
  vendorPrefixes: ['azure.signinlogs'],
  snakeCase: true,
}

export const azureRisk: Taxonomy = {
  applies: ({ product, service }) => product === 'azure' && (service === undefined || service === 'riskdetection' || service === 'pim'),
  fields: {},
  vendorNames: {
    riskEventType: ['properties.riskEventType', 'RiskEventType', 'riskType', 'alertType'],
    ...asNamed('riskState riskLevel riskDetail userPrincipalName activity'),
  },
  spellings: azureSpellings,
  vendorPrefixes: ['azure.identity_protection', 'azure.pim'],
  snakeCase: true,
}
