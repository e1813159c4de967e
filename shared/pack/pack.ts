import * as z from 'zod'

/**
 * What a sensor is to do: sources, pre-filters, edge rules. Data, never code. The hub builds one per sensor from the tenant's
 * settings and signs it; versions grow per tenant and never go back.
 */
export const PreFilter = z.strictObject({
  id: z.string(),
  name: z.string().min(1).max(100),
  enabled: z.boolean(),
  /** drop: matching events go no further. keep: the only events that pass, once any keep filter is enabled. sample: one in `one_in` of the matching events passes. */
  action: z.enum(['drop', 'keep', 'sample']),
  one_in: z.number().int().min(2).max(1_000_000).optional(),
  /** A Sigma detection section: search identifiers and `condition`, over the ECS document. */
  detection: z.record(z.string(), z.unknown()),
  logsource: z.strictObject({ product: z.string().optional(), service: z.string().optional(), category: z.string().optional() }).default({}),
})
export type PreFilter = z.infer<typeof PreFilter>

export const PackConnector = z.strictObject({
  id: z.string(),
  kind: z.string(),
  name: z.string(),
  enabled: z.boolean(),
  config: z.record(z.string(), z.unknown()),
})
export type PackConnector = z.infer<typeof PackConnector>

export const Pack = z.strictObject({
  type: z.literal('picket-pack'),
  format: z.literal(1),
  version: z.number().int().min(1),
  /** The one sensor this pack is for. */
  sensor_id: z.string(),
  issued_at: z.iso.datetime(),
  /** Past this the sensor keeps collecting with it and reports itself degraded. */
  expires_at: z.iso.datetime(),
  connectors: z.array(PackConnector).max(1_000),
  filters: z.array(PreFilter).max(1_000),
  /** Sigma rules as YAML documents. */
  edge_rules: z.array(z.strictObject({ id: z.string(), source: z.string() })).max(2_000),
})
export type Pack = z.infer<typeof Pack>

/** A pack as it travels: the canonical JSON (RFC 8785) of `signed` is what is signed, with ed25519. */
export const SignedPack = z.strictObject({
  signed: z.unknown(),
  signatures: z
    .array(z.strictObject({ keyid: z.string(), sig: z.string() }))
    .min(1)
    .max(8),
})
export type SignedPack = z.infer<typeof SignedPack>
