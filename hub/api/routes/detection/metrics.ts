import { DAY_MS } from '../../../../shared/durations.ts'
import { consoleRoutes, createRoute, json, named, needs, refuses } from '../../openapi.ts'
import type { Parts } from '../../parts.ts'
import { DetectionMetricsView } from '../../schemas/views.ts'

const route = createRoute({
  method: 'get',
  path: '/detection/metrics',
  tags: ['Detection'],
  summary: "The detection engine's figures",
  description:
    'Times and rates are those of this tenant, measured since the hub started. An evaluation is one rule put to one event whose log source the rule names, so `evaluations_per_second` is events times such rules, over the last 10 seconds. `avg_evaluation_time_ms` and `p99_evaluation_time_ms` are for one event and all its rules together, reading its JSON included. `alerts_by_severity` counts all alerts of the tenant, `alerts_by_tactic` and `top_alerting_rules` those of the last 24 hours.',
  ...needs('rules:read'),
  responses: { 200: json(named('DetectionMetrics', DetectionMetricsView), 'The figures'), ...refuses(401, 403) },
})

export const detectionMetrics = (parts: Parts) =>
  consoleRoutes().openapi(route, async (c) => {
    const { tenant } = c.var.session
    const { detection } = parts
    const settings = detection.settings(tenant.tenantId)
    const rules = detection.rulesOf(tenant.tenantId)
    const metrics = detection.metrics(tenant.tenantId)
    const summary = await parts.alertSummary(tenant, new Date(parts.now().getTime() - DAY_MS))
    return c.json(
      {
        rules_loaded: rules.length,
        rules_enabled: rules.filter((rule) => settings.enabled(rule.id)).length,
        evaluations_per_second: metrics.evaluationsPerSecond,
        avg_evaluation_time_ms: metrics.avgMs,
        p99_evaluation_time_ms: metrics.p99Ms,
        top_alerting_rules: summary.topRules.map(({ ruleId, title, count }) => ({ rule_id: ruleId, title, alerts_last_24h: count })),
        alerts_by_severity: { ...summary.bySeverity },
        alerts_by_tactic: { ...summary.byTactic },
      },
      200,
    )
  })
