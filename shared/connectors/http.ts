import * as z from 'zod'
import type { ConnectorKind } from './contract.ts'

export const HttpConfig = z
  .strictObject({
    bind: z.string().default('0.0.0.0'),
    port: z.number().int().min(1).max(65_535).default(8088),
    /** Clients send it as `Authorization: Splunk <token>` or `Bearer <token>`. */
    token: z.string().min(16),
    tls_certificate: z.string().optional(),
    tls_key: z.string().optional(),
    max_body_bytes: z.number().int().min(1_024).max(67_108_864).default(8_388_608),
    format: z.string().default('auto'),
    time_zone: z.string().default('UTC'),
  })
  .refine((config) => Boolean(config.tls_certificate) === Boolean(config.tls_key), {
    error: 'tls_certificate and tls_key go together',
    path: ['tls_certificate'],
  })
export type HttpConfig = z.infer<typeof HttpConfig>

export const httpKind: ConnectorKind = {
  kind: 'http',
  title: 'HTTP push',
  description: 'Splunk HTTP Event Collector (event, raw, ack) and newline-delimited JSON.',
  config: HttpConfig,
  secrets: ['token', 'tls_key'],
}
