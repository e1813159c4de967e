import { createHash } from 'node:crypto'
import { DAY_MS } from '../../shared/durations.ts'
import { canonicalJson } from '../../shared/pack/canonical.ts'
import { type Pack, PackConnector, PreFilter } from '../../shared/pack/pack.ts'
import type { Detection } from '../detection/ports.ts'
import type { TenantContext } from '../identity/ports.ts'
import type { Connector, PreFilterRow } from './ports.ts'

/** Past this a sensor keeps collecting and says that its pack is old. */
const PACK_VALID_DAYS = 30
/** A pack is made anew at least this often, so that a connected sensor's never comes near its end. */
const PACK_REFRESH_DAYS = 7

/** As many as a pack's schema takes, and together so large that the pack stays well under gRPC's limit of 4 MB for a message. */
const MOST_EDGE_RULES = 2_000
const EDGE_RULES_LIMIT_BYTES = 1024 * 1024
/** A field with the modifier `expand`. */
const NEEDS_VALUES = /\|expand\b/

export type PackContent = Pick<Pack, 'connectors' | 'filters' | 'edge_rules'>

export interface PackSources {
  readonly connectors: readonly Connector[]
  readonly filters: readonly PreFilterRow[]
  readonly detection: Pick<Detection, 'rulesOf' | 'settings'>
}

/** Why something of the tenant's settings did not go into a pack. */
export interface PackProblem {
  readonly what: 'connector' | 'filter' | 'rule'
  readonly id: string
  readonly reason: string
}

/**
 * What one sensor is to do: its connectors, the tenant's enabled filters, the rules enabled for the edge. In the order of their ids, so that the
 * same settings give the same digest. A setting that the pack's schema does not take is left out and reported: it must not take the others down.
 */
export function packContent(tenant: TenantContext, sensorId: string, sources: PackSources): { content: PackContent; problems: PackProblem[] } {
  const problems: PackProblem[] = []
  const connectors = sources.connectors
    .filter((connector) => connector.sensorId === sensorId)
    .flatMap(({ id, type, name, enabled, config }) => {
      const parsed = PackConnector.safeParse({ id, kind: type, name, enabled, config: withoutUndefined(config) })
      if (!parsed.success) problems.push({ what: 'connector', id, reason: parsed.error.issues[0]?.message ?? 'invalid' })
      return parsed.success ? [parsed.data] : []
    })
  const filters = sources.filters
    .filter((filter) => filter.enabled)
    .flatMap(({ id, name, enabled, definition }) => {
      const parsed = PreFilter.safeParse({ ...definition, id, name, enabled })
      if (!parsed.success) problems.push({ what: 'filter', id, reason: parsed.error.issues[0]?.message ?? 'invalid' })
      return parsed.success ? [parsed.data] : []
    })
  const settings = sources.detection.settings(tenant.tenantId)
  const edgeRules = sources.detection.rulesOf(tenant.tenantId).filter((rule) => settings.edge(rule.id) && settings.enabled(rule.id))
  return { content: { connectors: byId(connectors), filters: byId(filters), edge_rules: fitting(byId(edgeRules), problems) }, problems }
}

/** The shared rules and the tenant's own that a sensor can take: it refuses a pack whole in which one rule cannot be compiled, or that is too large. */
function fitting(rules: readonly { readonly id: string; readonly source: string }[], problems: PackProblem[]): PackContent['edge_rules'] {
  let bytes = 0
  const taken: PackContent['edge_rules'] = []
  for (const { id, source } of rules) {
    const size = Buffer.byteLength(source)
    const reason = NEEDS_VALUES.test(source)
      ? 'it asks for a value list, which sensors do not have'
      : taken.length >= MOST_EDGE_RULES || bytes + size > EDGE_RULES_LIMIT_BYTES
        ? `the rules for sensors are more than ${MOST_EDGE_RULES}, or than ${EDGE_RULES_LIMIT_BYTES / 1024} KB together`
        : undefined
    if (reason !== undefined) problems.push({ what: 'rule', id, reason })
    else {
      taken.push({ id, source })
      bytes += size
    }
  }
  return taken
}

/** SHA-256, hex, of the content and the period it is made in: changes with the settings, and once a week without them. */
export const packDigest = (content: PackContent, now: Date): string =>
  createHash('sha256')
    .update(canonicalJson({ ...content, period: Math.floor(now.getTime() / (PACK_REFRESH_DAYS * DAY_MS)) }))
    .digest('hex')

export const makePack = (content: PackContent, sensorId: string, version: number, now: Date): Pack => ({
  type: 'picket-pack',
  format: 1,
  version,
  sensor_id: sensorId,
  issued_at: now.toISOString(),
  expires_at: new Date(now.getTime() + PACK_VALID_DAYS * DAY_MS).toISOString(),
  ...content,
})

// Canonical JSON has no undefined; a settings object from a schema may.
const withoutUndefined = (config: object): unknown => JSON.parse(JSON.stringify(config))

const byId = <T extends { readonly id: string }>(items: readonly T[]): T[] => items.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
