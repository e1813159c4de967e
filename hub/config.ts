import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import * as z from 'zod'
import { readConfig } from '../shared/config-file.ts'
import { LOG_LEVELS } from '../shared/log.ts'

const port = z.number().int().min(0).max(65_535)

/** Every setting of the hub: `picket.yaml`, overridden by `PICKET_<KEY>`, overridden by flags. */
export const HubConfig = z.strictObject({
  /** Keys, certificates and, unless `database_url` is set, the database. */
  data_dir: z.string().transform((path) => resolve(path)),
  http_host: z.string().default('0.0.0.0'),
  http_port: port.default(8080),
  grpc_host: z.string().default('0.0.0.0'),
  grpc_port: port.default(8443),
  /** How browsers and scripts reach this hub from outside: `https://soc.example.com`. Default: as each caller addressed it. */
  public_url: z.url().optional(),
  /** Addresses and networks (CIDR) of reverse proxies whose `X-Forwarded-For` is believed. Default: none, the peer is the caller. */
  trusted_proxies: z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])).default([]),
  /** How sensors reach it: `soc.example.com:8443`. Default: the caller's host name and `grpc_port`. */
  public_grpc_address: z.string().optional(),
  /** PostgreSQL >= 15, as a role that may create roles and tables. Without it the hub runs a PostgreSQL of its own. */
  database_url: z.string().optional(),
  /**
   * The same database as the role `picket_app`, made by an administrator. Default: the hub makes the role and gives it a password, which needs
   * CREATEROLE, and belongs to the whole server: two hubs on one server need this.
   */
  database_app_url: z.string().optional(),
  /** Folders and files of Sigma rules. Default: the rules that come with Picket. */
  rules: z.array(z.string()).optional(),
  /** File of values for `%name%` placeholders in rules: YAML or JSON, `name: [values]`. A tenant's own value lists come on top. */
  rule_placeholders: z.string().optional(),
  detection_workers: z.number().int().min(1).max(64).optional(),
  tenant_name: z.string().min(1).max(100).default('Home'),
  admin_email: z.email().default('admin@picket.local'),
  /** The first administrator's password. Made up and printed once when not given. */
  admin_password: z.string().min(12).max(200).optional(),
  /** Bearer token for `GET /metrics` from other machines; without one only this machine may read them. */
  metrics_token: z.string().min(16).optional(),
  log_level: z.enum(LOG_LEVELS).default('info'),
})
export type HubConfig = z.output<typeof HubConfig>

/** As root the usual place of a service's state, else the user's own. */
export const defaultDataDir = (): string => (process.getuid?.() === 0 ? '/var/lib/picket' : join(homedir(), '.local', 'share', 'picket'))

/** @throws {ConfigError} */
export function readHubConfig(file: string | undefined, flags: Readonly<Record<string, unknown>> = {}): HubConfig {
  const env = { ...process.env, PICKET_DATABASE_URL: process.env['PICKET_DATABASE_URL'] ?? process.env['DATABASE_URL'] }
  return readConfig(HubConfig, { file, env: { PICKET_DATA_DIR: defaultDataDir(), ...dropUndefined(env) }, prefix: 'PICKET_', flags })
}

const dropUndefined = (env: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined))
