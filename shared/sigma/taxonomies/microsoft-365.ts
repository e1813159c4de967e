import { asNamed, type Taxonomy } from './taxonomy.ts'

/**
 * Microsoft 365's unified audit log (https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema). Rules on
 * alerts name the alert as `eventName` and the workload as `eventSource`.
 */
export const microsoft365: Taxonomy = {
  applies: ({ product }) => product === 'm365',
  fields: {
    eventSource: ['o365.audit.Workload', 'event.provider'],
    eventName: ['o365.audit.Name', 'event.action'],
    status: ['event.outcome'],
    Operation: ['event.action'],
    Workload: ['event.provider'],
    RequestType: ['o365.properties.RequestType'],
    Parameters: ['o365.audit.Parameters.Value'],
    OperationProperties: ['o365.audit.OperationProperties.Value'],
    Payload: ['o365.audit.Data', 'o365.audit.Payload'],
  },
  vendorNames: {
    eventSource: ['Workload'],
    eventName: ['Name', 'Operation'],
    status: ['ResultStatus'],
    RequestType: ['ExtendedProperties.RequestType'],
    Parameters: ['Parameters.Value'],
    OperationProperties: ['OperationProperties.Value'],
    Payload: ['Data'],
    ...asNamed(
      'Operation ApplicationId ResultStatus ObjectId Workload Directionality DeliveryAction RecordType UserId ClientIP Parameters.Name Parameters.Value ModifiedProperties.Name ModifiedProperties.NewValue',
    ),
  },
  vendorPrefixes: ['o365.audit', 'o365.properties'],
}
