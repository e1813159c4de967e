/** The API's shapes as TypeScript types, inferred from the hub's own declarations. Types only: no schema code reaches the browser. */
import type { z } from 'zod'
import type * as views from '../../api/schemas/views.ts'

export type Severity = z.infer<typeof views.Severity>
export type AlertStatus = z.infer<typeof views.AlertStatus>
export type Alert = z.infer<typeof views.AlertView>
export type AlertList = z.infer<typeof views.AlertList>
export type AlertDetail = z.infer<typeof views.AlertDetail>
export type AlertUpdate = z.infer<typeof views.AlertUpdate>
export type Login = z.infer<typeof views.LoginResponse>
export type Me = z.infer<typeof views.Me>
export type Problem = z.infer<typeof views.Problem>
export type WsTicket = z.infer<typeof views.WsTicket>
export type WsFrame = z.infer<typeof views.WsFrame>
export type Connector = z.infer<typeof views.ConnectorView>
export type ConnectorStatus = z.infer<typeof views.ConnectorStatus>
export type ConnectorList = z.infer<typeof views.ConnectorList>
export type ConnectorHealth = z.infer<typeof views.ConnectorHealth>
export type ConnectorMetrics = z.infer<typeof views.ConnectorMetrics>
export type ConnectorTestResult = z.infer<typeof views.ConnectorTestResult>
export type ConnectorTypes = z.infer<typeof views.ConnectorTypes>
export type ConnectorType = ConnectorTypes['types'][number]
export type Check = z.infer<typeof views.CheckView>
export type Sensor = z.infer<typeof views.SensorView>
export type SensorList = z.infer<typeof views.SensorList>
export type EnrollmentToken = z.infer<typeof views.EnrollmentTokenCreated>
export type PreFilter = z.infer<typeof views.PreFilterView>
export type PreFilterList = z.infer<typeof views.PreFilterList>
export type PreFilterWrite = z.input<typeof views.PreFilterWrite>
export type Rule = z.infer<typeof views.RuleView>
export type RuleList = z.infer<typeof views.RuleList>
export type RuleDetail = z.infer<typeof views.RuleDetail>
export type RuleMatches = z.infer<typeof views.RuleMatches>
export type RuleTestResult = z.infer<typeof views.RuleTestResult>
export type DetectionMetrics = z.infer<typeof views.DetectionMetricsView>
export type TimelineEvent = z.infer<typeof views.TimelineEventView>
export type TimelineList = z.infer<typeof views.TimelineList>
export type TimelineHistogram = z.infer<typeof views.TimelineHistogram>
export type PipelineMetrics = z.infer<typeof views.PipelineMetrics>
export type PipelineTimeseries = z.infer<typeof views.PipelineTimeseries>
export type Health = z.infer<typeof views.Health>

export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'informational']
export const ALERT_STATUSES: readonly AlertStatus[] = ['open', 'investigating', 'resolved', 'false_positive']
