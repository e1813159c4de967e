import { consoleRoutes } from '../openapi.ts'
import type { Parts } from '../parts.ts'
import { listAlerts } from './alerts/list.ts'
import { oneAlert } from './alerts/one.ts'
import { sessionRoutes } from './auth/auth.ts'
import { connectorRoutes } from './connectors/connectors.ts'
import { connectorHealthRoutes } from './connectors/health.ts'
import { backtestRoutes } from './detection/backtests.ts'
import { exceptionRoutes } from './detection/exceptions.ts'
import { listRules } from './detection/list.ts'
import { detectionMetrics } from './detection/metrics.ts'
import { oneRule } from './detection/one.ts'
import { tryRules } from './detection/try.ts'
import { valueListRoutes } from './detection/value-lists.ts'
import { ruleVersions } from './detection/versions.ts'
import { filterRoutes } from './filters/filters.ts'
import { healthRoutes } from './health/health.ts'
import { pipelineRoutes } from './pipeline/pipeline.ts'
import { enrollmentTokens } from './sensors/enrollment-tokens.ts'
import { sensorRoutes } from './sensors/sensors.ts'
import { timelineRoutes } from './timeline/timeline.ts'

const RESOURCES = [
  sessionRoutes,
  listAlerts,
  oneAlert,
  connectorRoutes,
  connectorHealthRoutes,
  enrollmentTokens,
  sensorRoutes,
  filterRoutes,
  listRules,
  detectionMetrics,
  tryRules,
  oneRule,
  ruleVersions,
  exceptionRoutes,
  valueListRoutes,
  backtestRoutes,
  timelineRoutes,
  pipelineRoutes,
  healthRoutes,
]

/** Every route that needs a token, relative to /v1. */
export function tenantRoutes(parts: Parts) {
  const routes = consoleRoutes()
  for (const resource of RESOURCES) routes.route('/', resource(parts))
  return routes
}
