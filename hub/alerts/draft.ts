import { hash } from 'node:crypto'
import type { DetectionMatch } from '../detection/ports.ts'
import type { StoredEvent } from '../ingest/ports.ts'
import { documentSummary } from './draft-summary.ts'
import type { AlertDraft } from './ports.ts'

/**
 * One draft per rule and entity of a batch. Pure: the same events and matches give the same drafts, ids included, so that a batch that is judged
 * again after a failure raises nothing twice.
 *
 * @param matches - `event` is an index into `events`; in event order
 */
export function draftAlerts(tenantId: string, sensorId: string, events: readonly StoredEvent[], matches: readonly DetectionMatch[]): AlertDraft[] {
  const groups = new Map<string, { entity: string; matches: { event: StoredEvent; match: DetectionMatch }[] }>()
  for (const match of matches) {
    const event = events[match.event]
    if (!event) continue
    const entity = entityOf(event, sensorId)
    const key = `${match.rule.id}\n${entity}`
    const group = groups.get(key) ?? { entity, matches: [] }
    groups.set(key, group)
    group.matches.push({ event, match })
  }
  return [...groups.values()].flatMap(({ entity, matches: hits }) => toDraft(tenantId, entity, hits))
}

function toDraft(tenantId: string, entity: string, hits: readonly { event: StoredEvent; match: DetectionMatch }[]): AlertDraft[] {
  const [first] = hits
  if (!first) return []
  const { rule } = first.match
  const times = hits.map(({ event }) => event.time.getTime())
  return [
    {
      id: alertId(tenantId, rule.id, entity, first.event.id),
      ruleId: rule.id,
      ruleTitle: rule.title,
      severity: rule.level,
      entity,
      tactics: rule.mitre.tactics,
      techniques: rule.mitre.techniques,
      matchedConditions: [...new Set(hits.flatMap(({ match }) => match.matchedConditions))],
      seqs: hits.map(({ event }) => event.seq),
      firstEventId: first.event.id,
      firstEventAt: new Date(times.reduce((a, b) => Math.min(a, b))),
      lastEventAt: new Date(times.reduce((a, b) => Math.max(a, b))),
      count: hits.length,
      summary: documentSummary(first.event),
    },
  ]
}

/**
 * What an alert is about, in one canonical form so that equal things merge: `host:<host>|user:<user>`, lower case, parts that are
 * unknown left out. Where an event names no host (identity and cloud logs) its source address stands for it: `ip:<address>|user:<user>`.
 * With neither, it is the connector, or else the sensor, the event came through. `|` and `%` inside a value are percent-encoded.
 */
export function entityOf(event: Pick<StoredEvent, 'host' | 'user' | 'sourceIp' | 'connectorId'>, sensorId: string): string {
  const part = (name: string, value: string) => `${name}:${value.toLowerCase().replace(/[%|]/g, encodeURIComponent)}`
  const parts = [
    event.host ? part('host', event.host) : event.sourceIp ? part('ip', event.sourceIp) : undefined,
    event.user ? part('user', event.user) : undefined,
  ].filter((each) => each !== undefined)
  if (parts.length > 0) return parts.join('|')
  return event.connectorId ? part('connector', event.connectorId) : part('sensor', sensorId)
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** `alert-` and 26 characters of base32 (RFC 4648, lower case): 130 bits of SHA-256. */
export function alertId(tenantId: string, ruleId: string, entity: string, firstEventId: string): string {
  const digest = hash('sha256', JSON.stringify([tenantId, ruleId, entity, firstEventId]), 'buffer')
  let bits = 0
  let held = 0
  let id = 'alert-'
  for (const byte of digest) {
    held = ((held << 8) | byte) & 0x1fff
    bits += 8
    while (bits >= 5 && id.length < 32) {
      bits -= 5
      id += BASE32.charAt((held >> bits) & 31)
    }
  }
  return id
}
