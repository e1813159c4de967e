import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import * as z from 'zod'
import { readConfig } from '../shared/config-file.ts'
import { LOG_LEVELS } from '../shared/log.ts'

const GIB = 1024 ** 3

/** Every setting of the sensor: `sensor.yaml`, overridden by `PICKET_SENSOR_<KEY>`, overridden by flags. What it collects comes from the hub. */
export const SensorConfig = z.strictObject({
  /** Identity, pack and buffer: 0700, for this user alone. */
  data_dir: z
    .string()
    .min(1)
    .transform((path) => resolve(path)),
  /** `HOST:PORT` of the hub, where that has changed since enrolment. */
  hub_address: z.string().optional(),
  /** Most the buffer holds while the hub is out of reach, in bytes. Past it the oldest ordinary events go first, and are accounted for. */
  buffer_limit_bytes: z
    .number()
    .int()
    .min(16 * 1024 ** 2)
    .max(1024 * GIB)
    .default(2 * GIB),
  log_level: z.enum(LOG_LEVELS).default('info'),
})
export type SensorConfig = z.output<typeof SensorConfig>

const isRoot = (): boolean => process.getuid?.() === 0

/** As root the usual place of a service's state, else the user's own. */
export const defaultDataDir = (): string => (isRoot() ? '/var/lib/picket-sensor' : join(homedir(), '.local', 'share', 'picket-sensor'))

const defaultFile = (): string => (isRoot() ? '/etc/picket/sensor.yaml' : join(homedir(), '.config', 'picket', 'sensor.yaml'))

export interface ConfigFlags {
  readonly config?: string | undefined
  readonly dataDir?: string | undefined
  readonly logLevel?: string | undefined
}

/** @throws {ConfigError} naming the key, and the nearest known one where it is unknown */
export function readSensorConfig(
  { config, dataDir, logLevel }: ConfigFlags,
  env: Readonly<Record<string, string | undefined>> = process.env,
): SensorConfig {
  // A file that was named must be there; the default one need not.
  const file = config ?? env['PICKET_SENSOR_CONFIG'] ?? (existsSync(defaultFile()) ? defaultFile() : undefined)
  const given = readConfig(SensorConfig.partial({ data_dir: true }), {
    file,
    env,
    prefix: 'PICKET_SENSOR_',
    flags: { data_dir: dataDir, log_level: logLevel },
  })
  return { ...given, data_dir: given.data_dir ?? defaultDataDir() }
}
