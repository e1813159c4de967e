import type { z } from 'zod'
import type { SigmaRule } from '../../../../shared/sigma/contract.ts'
import type { Alert, AlertDetail } from '../../../alerts/ports.ts'
import type { AlertDetail as AlertDetailSchema, AlertView } from '../../schemas/views.ts'

export function toAlertView(alert: Alert): z.infer<typeof AlertView> {
  const { timestamp, source, host, user, source_ip, process, command_line } = alert.summary
  return {
    id: alert.id,
    rule_id: alert.ruleId,
    rule_title: alert.ruleTitle,
    severity: alert.severity,
    status: alert.status,
    assignee: alert.assignee ?? null,
    event: {
      timestamp: new Date(timestamp).toISOString(),
      source: source ?? null,
      host: host ?? null,
      user: user ?? null,
      process: process ?? null,
      source_ip: source_ip ?? null,
      command_line: command_line ?? null,
    },
    // Nothing enriches alerts yet: the document's three objects are there, and empty.
    enrichment: { user_context: {}, asset_context: {}, threat_intel: {} },
    mitre: { tactics: [...alert.tactics], techniques: [...alert.techniques] },
    count: alert.count,
    first_event_at: alert.firstEventAt.toISOString(),
    last_event_at: alert.lastEventAt.toISOString(),
    created_at: alert.createdAt.toISOString(),
    updated_at: alert.updatedAt.toISOString(),
  }
}

/** @param rule - the one that raised it, where there still is one */
export function toAlertDetail(alert: AlertDetail, rule: SigmaRule | undefined): z.infer<typeof AlertDetailSchema> {
  return {
    ...toAlertView(alert),
    matched_conditions: [...alert.matchedConditions],
    rule: rule
      ? { description: rule.description, false_positives: [...rule.falsePositives], references: [...rule.references], source: rule.source }
      : null,
    event_id: alert.firstEventId,
    event_document: alert.document ?? null,
    activity: alert.activity.map(({ at, actor, kind, from, to, note }) => ({
      at: at.toISOString(),
      actor,
      kind,
      from: from ?? null,
      to: to ?? null,
      note: note ?? null,
    })),
    version: alert.version,
  }
}
