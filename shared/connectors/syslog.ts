import * as z from 'zod'
import type { ConnectorKind } from './contract.ts'

const port = z.number().int().min(1).max(65_535)

export const SyslogConfig = z
  .strictObject({
    /** Address to listen on. */
    bind: z.string().default('0.0.0.0'),
    udp_port: port.optional(),
    tcp_port: port.optional(),
    tls_port: port.optional(),
    /** PEM; needed for `tls_port`. */
    tls_certificate: z.string().optional(),
    tls_key: z.string().optional(),
    /** PEM of the CAs whose clients may connect; without it any client may. */
    tls_client_ca: z.string().optional(),
    max_message_bytes: z.number().int().min(480).max(1_048_576).default(65_536),
    max_connections: z.number().int().min(1).max(10_000).default(512),
    format: z.string().default('auto'),
    time_zone: z.string().default('UTC'),
  })
  .refine((config) => config.udp_port ?? config.tcp_port ?? config.tls_port, { error: 'one of udp_port, tcp_port and tls_port is needed' })
  .refine((config) => !config.tls_port || (config.tls_certificate && config.tls_key), {
    error: 'tls_port needs tls_certificate and tls_key',
    path: ['tls_certificate'],
  })
export type SyslogConfig = z.infer<typeof SyslogConfig>

export const syslogKind: ConnectorKind = {
  kind: 'syslog',
  title: 'Syslog',
  description: 'Listens for syslog over UDP, TCP and TLS (RFC 3164, RFC 5424, RFC 6587).',
  config: SyslogConfig,
  secrets: ['tls_key'],
}
